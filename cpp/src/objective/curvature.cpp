#include "ipgd/objective/curvature.hpp"

#include <algorithm>

#include "ipgd/base/sums.hpp"
#include "ipgd/objective/hessian.hpp"

namespace ipgd {

Curvatures::Curvatures(const Operator& op, Index capacity)
    : op_(op), workspace_(op.workspace(2 * capacity)), scratch_(to_size(capacity)) {
  requests_.reserve(to_size(capacity));
}

void Curvatures::add(const Objective& objective, const double* theta, const Evaluation& at,
                     const double* v, double* out) {
  requests_.push_back({&objective, theta, &at, v, out});
}

void Curvatures::evaluate(const Execution& execution) {
  try {
    if (!requests_.empty()) pass(execution);
  } catch (...) {
    requests_.clear();
    throw;
  }
  requests_.clear();
}

void Curvatures::Scratch::reserve(const Objective& objective) {
  const Parameterization& model = objective.model();
  const Index k = model.view_rank(), d1 = model.rows(), d2 = model.cols();
  const Index m = objective.op().measurements();
  const auto grow = [](Buffer<double>& buffer, Index size) {
    if (buffer.size() < size) buffer = Buffer<double>::zeros(size);
  };
  grow(view, model.scratch_size());
  grow(work, model.tangent_size());
  grow(left, 2 * checked_product({d1, k}));
  grow(right, 2 * checked_product({d2, k}));
  grow(image, m);
  grow(second_image, m);
  grow(weights, m);
  grow(zeros, std::max(checked_product({d1, k > 0 ? k : d2}), d2 * k));
  grow(product, model.size());
}

void Curvatures::pass(const Execution& execution) {
  const auto count = static_cast<Index>(requests_.size());
  const Execution brief = execution.uninterrupted();
  std::vector<ThetaView> views(2 * requests_.size());  // of each, dTheta and dL dRᵀ
  std::vector<double*> images;
  for_runs(brief, count, [&](Index k, const Execution& own) {
    const Request& request = requests_[to_size(k)];
    const Parameterization& model = request.objective->model();
    Scratch& scratch = scratch_[to_size(k)];
    scratch.reserve(*request.objective);
    const ThetaView view = model.view(request.theta, scratch.view.data(), own);
    const ThetaView dview =
        model.tangent(request.theta, request.v, scratch.view.data(), scratch.work.data(), own);
    views[to_size(2 * k)] = dview.is_assembled() ? dview
                                                 : tangent_matrix(view, dview, scratch.left.data(),
                                                                  scratch.right.data());
    views[to_size(2 * k + 1)] = dview;
  });
  for (Index k = 0; k < count; ++k) {
    images.push_back(scratch_[to_size(k)].image.data());
    images.push_back(scratch_[to_size(k)].second_image.data());
  }
  op_.forward(2 * count, views.data(), images.data(), *workspace_, execution);

  for (Index k = 0; k < count; ++k) {
    const Request& request = requests_[to_size(k)];
    const Objective& objective = *request.objective;
    const Loss* const loss = objective.loss();
    const double* const r = request.at->residual.data();
    Scratch& scratch = scratch_[to_size(k)];
    double* const image = scratch.image.data();
    double* const weights = scratch.weights.data();
    const Index m = op_.measurements();
    for (Index i = 0; i < m; ++i)
      weights[i] = loss == nullptr ? image[i] : loss->curvature(r[i], objective.y()[i]) * image[i];
    double sum = objective.sum_of_products(image, weights, brief);
    if (!views[to_size(2 * k)].is_assembled()) {
      for (Index i = 0; i < m; ++i)
        weights[i] = loss == nullptr ? r[i] : loss->weight(r[i], objective.y()[i]);
      sum += 2 * objective.sum_of_products(scratch.second_image.data(), weights, brief);
    }
    const double* const zeros = scratch.zeros.data();
    objective.model().pull_back_tangent(request.theta, request.v, request.at->cotangent(),
                                        {zeros, zeros}, objective.scale(), scratch.view.data(),
                                        scratch.product.data(), brief);
    *request.out =
        objective.scale() * sum + dot(request.v, scratch.product.data(), objective.model().size());
  }
}

}  // namespace ipgd
