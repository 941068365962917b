#include "ipgd/objective/hessian.hpp"

#include <algorithm>

namespace ipgd {
namespace {

/// h_i r_i: the weights of the linear part of the Hessian.
class Weighted final : public ResidualFunction {
 public:
  double value(double, double) const noexcept override { return 0; }
  double weight(double r, double h) const noexcept override { return h * r; }
  double largest_weight(double r, double h) const noexcept override { return h * r; }
};

// to += columns [begin, begin + k) of `from`, which has 2 k
void add_columns(const double* from, Index rows, Index k, Index begin, double* to) {
  for (Index i = 0; i < rows; ++i)
    for (Index l = 0; l < k; ++l) to[i * k + l] += from[2 * i * k + begin + l];
}

// out <- [A, B], both of rows x k
void beside(const double* A, const double* B, Index rows, Index k, double* out) {
  for (Index i = 0; i < rows; ++i) {
    std::copy_n(A + i * k, k, out + 2 * i * k);
    std::copy_n(B + i * k, k, out + (2 * i + 1) * k);
  }
}

}  // namespace

ThetaView tangent_matrix(const ThetaView& view, const ThetaView& dview, double* left,
                         double* right) {
  beside(dview.left, view.left, dview.rows, dview.rank, left);
  beside(view.right, dview.right, dview.cols, dview.rank, right);
  return ThetaView::product(left, right, dview.rows, dview.cols, 2 * dview.rank);
}

Hessian::Hessian(const Objective& objective, const double* theta, const Evaluation& at,
                 const Execution& execution)
    : objective_(objective), theta_(theta), at_(at), scratch_(objective.model().scratch_size()) {
  const Operator& op = objective.op();
  view_ = objective.model().view(theta, scratch_.data(), execution.uninterrupted());
  const double* w = at_.residual.data();
  if (const Loss* const loss = objective.loss()) {
    const Index m = op.measurements();
    weights_ = Buffer<double>(m);
    curvature_ = Buffer<double>(m);
    for (Index i = 0; i < m; ++i) {
      weights_.data()[i] = loss->weight(w[i], objective.y()[i]);
      curvature_.data()[i] = loss->curvature(w[i], objective.y()[i]);
    }
    w = weights_.data();
  }
  if (!op.capabilities().factored && !view_.is_assembled()) {
    G_ = Buffer<double>(checked_product({op.rows(), op.cols()}));
    double* const G = G_.data();
    op.adjoint(1, &w, &G, *op.workspace(1), execution);
    if (view_.is_symmetric_product() && !op.symmetric()) symmetrise(G, op.rows());
  }
}

HessianProducts::HessianProducts(const Operator& op, Index capacity)
    : op_(op),
      workspace_(op.workspace(capacity)),
      zeros_(Buffer<double>::zeros(op.measurements())),
      scratch_(to_size(capacity)) {
  requests_.reserve(to_size(capacity));
}

void HessianProducts::add(const Hessian& hessian, const double* v, double* out) {
  requests_.push_back({&hessian, v, out});
}

void HessianProducts::evaluate(const Execution& execution) {
  try {
    if (!requests_.empty()) pass(execution);
  } catch (...) {
    requests_.clear();
    throw;
  }
  requests_.clear();
}

void HessianProducts::Scratch::reserve(const Objective& objective) {
  const Parameterization& model = objective.model();
  const Index k = model.view_rank(), d1 = model.rows(), d2 = model.cols();
  const auto grow = [](Buffer<double>& buffer, Index size) {
    if (buffer.size() < size) buffer = Buffer<double>(size);
  };
  grow(work, model.tangent_size());
  grow(residual, objective.op().measurements());
  const Index left_size = checked_product({d1, k > 0 ? k : d2}), right_size = d2 * k;
  grow(left, 2 * left_size);
  grow(right, 2 * right_size);
  grow(left_slope, 2 * left_size);
  grow(right_slope, 2 * right_size);
  grow(left_known, left_size);
  grow(right_known, right_size);
}

void HessianProducts::pass(const Execution& execution) {
  const auto count = static_cast<Index>(requests_.size());
  const Execution brief = execution.uninterrupted();
  std::vector<ThetaView> tangents(requests_.size()), doubled(requests_.size());
  std::vector<Residual> residuals(requests_.size());
  std::vector<Cotangent> slopes(requests_.size()), known(requests_.size());
  std::vector<const double*> weights(requests_.size());
  const Weighted weighted;

  for_runs(brief, count, [&](Index n, const Execution& own) {
    const std::size_t k = to_size(n);
    const Hessian& at = *requests_[k].hessian;
    Scratch& scratch = scratch_[k];
    scratch.reserve(at.objective_);
    const ThetaView dview = at.objective_.model().tangent(
        at.theta_, requests_[k].v, at.scratch_.data(), scratch.work.data(), own);
    tangents[k] = doubled[k] = dview;
    if (!dview.is_assembled())
      doubled[k] = tangent_matrix(at.view_, dview, scratch.left.data(), scratch.right.data());
    residuals[k] = {zeros_.data(), scratch.residual.data()};
    if (at.objective_.loss() != nullptr) {
      residuals[k].function = &weighted;
      residuals[k].data = at.curvature_.data();
    }
    slopes[k] = {scratch.left_slope.data(), scratch.right_slope.data()};
    known[k] = {scratch.left_known.data(), scratch.right_known.data()};
    weights[k] = at.weights_.size() > 0 ? at.weights_.data() : at.at_.residual.data();
  });

  op_.residual_cotangent(count, doubled.data(), residuals.data(), slopes.data(), *workspace_,
                         execution);
  if (op_.capabilities().factored)
    op_.cotangent(count, weights.data(), tangents.data(), known.data(), *workspace_, execution);

  for_runs(brief, count, [&](Index n, const Execution& own) {
    const std::size_t k = to_size(n);
    const Hessian& at = *requests_[k].hessian;
    const Objective& objective = at.objective_;
    const ThetaView& dview = tangents[k];
    const bool symmetric = dview.is_symmetric_product();
    Cotangent dC = slopes[k];  // of an assembled view: A*(h A(dTheta)) itself
    if (!dview.is_assembled()) {
      if (at.G_.size() > 0) apply_to_factors(at.G_.data(), dview, known[k], own);
      // Of G = A*(h A(dTheta)), the first half of G [R, dR] and the second of Gᵀ [dL, L].
      dC = known[k];
      add_columns(slopes[k].left, dview.rows, dview.rank, 0, dC.left);
      add_columns(slopes[k].right, dview.cols, dview.rank, dview.rank,
                  symmetric ? dC.left : dC.right);
    }
    objective.model().pull_back_tangent(at.theta_, requests_[k].v, at.at_.cotangent(), dC,
                                        objective.scale(), at.scratch_.data(), requests_[k].out,
                                        own);
  });
}

}  // namespace ipgd
