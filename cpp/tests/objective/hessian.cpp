#include "ipgd/objective/hessian.hpp"

#include <deque>
#include <functional>
#include <optional>

#include "ipgd/objective/curvature.hpp"
#include "ipgd/operators/dense/gram.hpp"
#include "ipgd/parameterizations/compressed_deep.hpp"
#include "ipgd/parameterizations/symmetric_tensor.hpp"
#include "ipgd/parameterizations/weight_normalized.hpp"
#include "objective/pairings.hpp"

namespace ipgd {

using namespace test;

namespace {

Numbers gradient(const Objective& objective, const Numbers& theta) {
  Evaluation at(objective);
  evaluate(objective, theta.data(), at);
  return {at.gradient.data(), at.gradient.data() + theta.size()};
}

/// The Hessian with what it refers to.
struct At {
  At(const Objective& of, Numbers where, const Execution& execution = {})
      : objective(of), theta(std::move(where)), evaluation(objective) {
    evaluate(objective, theta.data(), evaluation);
    hessian.emplace(objective, theta.data(), evaluation, execution);
  }
  At(const At&) = delete;
  const Objective& objective;
  Numbers theta;
  Evaluation evaluation;
  std::optional<Hessian> hessian;
};

Numbers product(const At& at, const Numbers& v, int n_threads = 1) {
  HessianProducts products(at.objective.op(), 1);
  Numbers out(v.size(), NAN);
  products.add(*at.hessian, v.data(), out.data());
  products.evaluate({n_threads, nullptr});
  return out;
}

double curvature(const At& at, const Numbers& v, int n_threads = 1) {
  Curvatures curvatures(at.objective.op(), 1);
  double out = NAN;
  curvatures.add(at.objective, at.theta.data(), at.evaluation, v.data(), &out);
  curvatures.evaluate({n_threads, nullptr});
  return out;
}

/// H v from gradients: (8 (g(h) - g(-h)) - (g(2h) - g(-2h))) / 12h, up to h^4.
Numbers difference(const Objective& objective, const Numbers& theta, const Numbers& v, double h) {
  const auto moved = [&](double step) {
    Numbers to = theta;
    for (std::size_t j = 0; j < to.size(); ++j) to[j] += step * v[j];
    return gradient(objective, to);
  };
  const Numbers near = minus(moved(h), moved(-h)), far = minus(moved(2 * h), moved(-2 * h));
  return scaled(1 / (12 * h), minus(scaled(8, near), far));
}

struct Model {
  std::unique_ptr<Parameterization> model;
  Index d1, d2;
};

/// One of each kind, with the shape of its Theta.
std::vector<Model> models() {
  std::vector<Model> all;
  const auto add = [&](auto model) {
    const Index d1 = model.rows(), d2 = model.cols();
    all.push_back({std::make_unique<decltype(model)>(std::move(model)), d1, d2});
  };
  add(SymmetricFactor(6, 2));
  add(AsymmetricFactor(5, 7, 3));
  add(DeepFactor({6, 3, 5}));
  add(DeepFactor({6, 3, 4, 3, 5}));
  add(CompressedDeep(7, 6, 3, 2, 0.3, 2.0));
  add(HadamardPower(12, 2));
  add(HadamardPower(12, 3));
  add(HadamardProduct(12));
  add(WeightNormalized(9, 2, 0.5));
  add(WeightNormalized(9, 3, 2.0));
  add(SymmetricTensor(4, 2, 2));
  add(SymmetricTensor(3, 3, 2));
  return all;
}

/// f(model, operator) for each kind of model with operators that store A, see entries and see
/// rank-one matrices.
void for_models(Index m, const std::function<void(const Parameterization&, const Operator&)>& f) {
  for (const Model& each : models()) {
    CAPTURE(each.model->name());
    CAPTURE(each.model->size());
    const auto dense = rectangular_gaussian(m, each.d1, each.d2);
    f(*each.model, *dense);
    f(*each.model, *EntriesCase::make(m, each.d1, each.d2).op);
    f(*each.model, *RankOne::make(m, each.d1, each.d2).op);
    if (each.model->symmetric()) {
      f(*each.model, *symmetric_gaussian(m, each.d1));
      f(*each.model, *SymmetricRankOne::make(m, each.d1, each.d2).op);
    }
  }
}

Numbers start(const Parameterization& model) {
  Numbers theta = scaled(0.7, normals(model.size(), 2));
  for (double& value : theta) value += value < 0 ? -0.2 : 0.2;  // off the corners of powers
  return theta;
}

const Huber kHuber(1.5);
const Logistic kLogistic;

/// f(objective) with the squared loss, Huber's and the logistic one.
template <class F>
void for_losses(const Operator& op, const Parameterization& model, const F& f) {
  const Numbers y = normals(op.measurements(), 1), signs = labels(op.measurements(), 1);
  f(Objective(op, model, y.data()));
  f(Objective(op, model, y.data(), &kHuber));
  f(Objective(op, model, signs.data(), &kLogistic));
}

}  // namespace

TEST_CASE("a product with the Hessian is the derivative of the gradient, for every pairing") {
  for_models(60, [](const Parameterization& model, const Operator& op) {
    const Numbers theta = start(model);
    for_losses(op, model, [&](const Objective& objective) {
      CAPTURE(op.storage());
      CAPTURE((objective.loss() ? objective.loss()->name() : "squared"));
      const At at(objective, theta);
      // Huber's loss has no second derivative at its corners: none may lie within a step.
      const bool corners = objective.loss() == &kHuber;
      for (std::uint64_t line = 0; line < 2; ++line) {
        const Numbers v = normals(model.size(), 100 + line);
        const Numbers found = product(at, v),
                      known = difference(objective, theta, v, corners ? 1e-7 : 1e-4);
        CHECK(relative_error(found, known) < (corners ? 1e-5 : 1e-7));
      }
    });
  });
}

TEST_CASE("the Hessian is symmetric: <u, H v> = <v, H u>") {
  for_models(60, [](const Parameterization& model, const Operator& op) {
    const Numbers theta = start(model), u = normals(model.size(), 5), v = normals(model.size(), 6);
    for_losses(op, model, [&](const Objective& objective) {
      const At at(objective, theta);
      const Numbers Hu = product(at, u), Hv = product(at, v);
      CHECK(std::abs(inner(u, Hv) - inner(v, Hu)) < 1e-12 * norm(u) * norm(Hv));
    });
  });
}

TEST_CASE("a curvature is <v, H v>, for every pairing") {
  for_models(60, [](const Parameterization& model, const Operator& op) {
    const Numbers theta = start(model), v = normals(model.size(), 6);
    for_losses(op, model, [&](const Objective& objective) {
      CAPTURE(op.storage());
      CAPTURE((objective.loss() ? objective.loss()->name() : "squared"));
      const At at(objective, theta);
      const Numbers Hv = product(at, v);
      CHECK(std::abs(curvature(at, v) - inner(v, Hv)) < 1e-12 * norm(v) * norm(Hv));
    });
  });
}

TEST_CASE("the Hessian of U U' along V is (1/2m) ||A(UV' + VU')||^2 + <M, VV'>") {
  const Index m = 50, d = 7, k = 3;
  const auto op = symmetric_gaussian(m, d);
  const SymmetricFactor model(d, k);
  const Numbers y = normals(m, 1), U = normals(d * k, 2), V = normals(d * k, 3);
  const Objective objective(*op, model, y.data());
  const At at(objective, U);
  const reference::Operator A = plain(*op);
  Numbers along = reference::product(U, V, 7, 7, 3);
  const Numbers other = reference::product(V, U, 7, 7, 3);
  for (std::size_t j = 0; j < along.size(); ++j) along[j] += other[j];
  const Numbers image = reference::forward(A, along);
  const Numbers M = scaled(
      1.0 / 50, reference::residual_adjoint(A, reference::product(U, U, 7, 7, 3), y).gradient);
  const double expected = inner(image, image) / 100 + inner(M, reference::product(V, V, 7, 7, 3));
  CHECK(inner(V, product(at, V)) == doctest::Approx(expected).epsilon(1e-12));
  CHECK(curvature(at, V) == doctest::Approx(expected).epsilon(1e-12));
}

TEST_CASE("products with the Hessian and curvatures are those of the plain loops") {
  const Index m = 40;
  const auto op = rectangular_gaussian(m, 5, 7);
  const reference::Operator A = plain(*op);
  const auto of = [&](const Objective& objective, bool curvatures) {
    return [&objective, curvatures](const Numbers& theta) {
      Evaluation at(objective);
      evaluate(objective, theta.data(), at);
      Numbers out;
      for (Index i = 0; i < objective.op().measurements(); ++i) {
        const double r = at.residual.data()[i], y = objective.y()[i];
        const Loss* const loss = objective.loss();
        out.push_back(curvatures ? (loss ? loss->curvature(r, y) : 1.0)
                                 : (loss ? loss->weight(r, y) : r));
      }
      return out;
    };
  };
  const AsymmetricFactor pair(5, 7, 3);
  const std::vector<int> sizes = {7, 3, 4, 5};
  const DeepFactor deep({7, 3, 4, 5});
  for_losses(*op, pair, [&](const Objective& objective) {
    const Numbers theta = normals(pair.size(), 2), v = normals(pair.size(), 3);
    const auto part = [](const Numbers& all, bool right) {
      return right ? Numbers(all.begin() + 15, all.end()) : Numbers(all.begin(), all.begin() + 15);
    };
    const Numbers expected = reference::factor_hessian(
        A, 1, of(objective, false)(theta), of(objective, true)(theta), part(theta, false),
        part(theta, true), part(v, false), part(v, true), 3);
    const At at(objective, theta);
    CHECK(relative_error(product(at, v), expected) < 1e-12);
    CHECK(std::abs(curvature(at, v) - inner(v, expected)) < 1e-12 * norm(v) * norm(expected));
  });
  for_losses(*op, deep, [&](const Objective& objective) {
    const Numbers theta = normals(deep.size(), 2), v = normals(deep.size(), 3);
    const Numbers expected = reference::deep_hessian(A, 1, of(objective, false)(theta),
                                                     of(objective, true)(theta), theta, v, sizes);
    const At at(objective, theta);
    CHECK(relative_error(product(at, v), expected) < 1e-12);
    CHECK(std::abs(curvature(at, v) - inner(v, expected)) < 1e-12 * norm(v) * norm(expected));
  });
  const auto square = symmetric_gaussian(m, 6);
  const SymmetricFactor symmetric(6, 2);
  for_losses(*square, symmetric, [&](const Objective& objective) {
    const Numbers theta = normals(12, 2), v = normals(12, 3);
    const Numbers expected = reference::symmetric_hessian(
        plain(*square), 0.5, of(objective, false)(theta), of(objective, true)(theta), theta, v, 2);
    const At at(objective, theta);
    CHECK(relative_error(product(at, v), expected) < 1e-12);
    CHECK(std::abs(curvature(at, v) - inner(v, expected)) < 1e-12 * norm(v) * norm(expected));
  });
}

TEST_CASE("a Hessian has the same bits alone and in company, for every number of threads") {
  for_pairings(1103, 33, 3, [](const Pairing& p) {
    CAPTURE(p.name);
    const Numbers y = labels(1103, 1);
    std::vector<Objective> objectives;
    for (const Loss* loss : {static_cast<const Loss*>(nullptr), static_cast<const Loss*>(&kHuber),
                             static_cast<const Loss*>(&kLogistic)})
      objectives.emplace_back(p.op, p.model, y.data(), loss);
    std::deque<At> hessians;
    std::vector<Numbers> directions, alone;
    for (std::size_t k = 0; k < 5; ++k) {  // several directions of some
      if (k < objectives.size())
        hessians.emplace_back(objectives[k], scaled(0.3, normals(p.model.size(), k)),
                              Execution{3, nullptr});
      directions.push_back(normals(p.model.size(), 20 + k));
      alone.push_back(product(hessians[k % 3], directions[k]));
    }
    for (const int n_threads : {1, 2, 7}) {
      CAPTURE(n_threads);
      CHECK(same_bits(product(hessians[0], directions[0], n_threads), alone[0]));
      HessianProducts products(p.op, 5);
      std::vector<Numbers> out(5, Numbers(to_size(p.model.size()), NAN));
      for (std::size_t k = 0; k < 5; ++k)
        products.add(*hessians[k % 3].hessian, directions[k].data(), out[k].data());
      products.evaluate({n_threads, nullptr});
      for (std::size_t k = 0; k < 5; ++k) CHECK(same_bits(out[k], alone[k]));
    }
  });
}

TEST_CASE("a curvature has the same bits alone and in company, for every number of threads") {
  for_pairings(1103, 33, 3, [](const Pairing& p) {
    CAPTURE(p.name);
    const Numbers y = labels(1103, 1);
    const Objective squared(p.op, p.model, y.data()), huber(p.op, p.model, y.data(), &kHuber),
        logistic(p.op, p.model, y.data(), &kLogistic);
    std::deque<At> at;
    Numbers alone;
    const Numbers v = normals(p.model.size(), 20);
    for (const Objective* objective : {&squared, &huber, &logistic}) {
      at.emplace_back(*objective, scaled(0.3, normals(p.model.size(), 2)));
      alone.push_back(curvature(at.back(), v));
      const Numbers Hv = product(at.back(), v);
      CHECK(std::abs(alone.back() - inner(v, Hv)) < p.rounding * norm(v) * norm(Hv));
    }
    for (const int n_threads : {1, 2, 7}) {
      CAPTURE(n_threads);
      Curvatures curvatures(p.op, 3);
      Numbers out(3, NAN);
      for (std::size_t k = 0; k < 3; ++k)
        curvatures.add(at[k].objective, at[k].theta.data(), at[k].evaluation, v.data(), &out[k]);
      curvatures.evaluate({n_threads, nullptr});
      CHECK(same_bits(out, alone));
    }
  });
}

TEST_CASE("the Hessian of a Gram is that of its operator") {
  const Index m = 80, d = 6;
  const auto op = symmetric_gaussian(m, d);
  const SymmetricFactor model(d, 2);
  const Numbers data = normals(m, 1), U = normals(12, 2), V = normals(12, 3);
  const double* const y = data.data();
  const Gram reduced = gram(*op, 1, &y, {});
  const Objective objective(*op, model, y),
      small(*reduced.op, model, reduced.measurements[0].z.data(),
            {m, objective.norm_y(), reduced.measurements[0].rest});
  CHECK(relative_error(product(At(small, U), V), product(At(objective, U), V)) < 1e-12);
  CHECK(curvature(At(small, U), V) ==
        doctest::Approx(curvature(At(objective, U), V)).epsilon(1e-11));
}

TEST_CASE("an interrupted product leaves what it works in usable") {
  const auto op = symmetric_gaussian(3000, 33);
  const SymmetricFactor model(33, 2);
  const Numbers y = normals(3000, 1), U = normals(66, 2), V = normals(66, 3);
  const Objective objective(*op, model, y.data());
  const At at(objective, U);
  const Numbers expected = product(at, V);
  HessianProducts products(*op, 1);
  Numbers out(V.size());
  StopAfter at_once(0);
  Curvatures curvatures(*op, 1);
  double found = NAN;
  curvatures.add(objective, U.data(), at.evaluation, V.data(), &found);
  CHECK_THROWS_AS(curvatures.evaluate({1, &at_once}), Interrupted);
  curvatures.add(objective, U.data(), at.evaluation, V.data(), &found);
  curvatures.evaluate({});
  CHECK(found == curvature(at, V));
  products.add(*at.hessian, V.data(), out.data());
  CHECK_THROWS_AS(products.evaluate({1, &at_once}), Interrupted);
  products.add(*at.hessian, V.data(), out.data());
  products.evaluate({});
  CHECK(same_bits(out, expected));
}

namespace {

/// Theta = theta∘theta as a matrix that is handed out whole.
class Squares final : public Parameterization {
 public:
  const char* name() const noexcept override { return "Squares"; }
  std::vector<Block> blocks() const override { return {{"T", 4, 3}}; }
  Index rows() const noexcept override { return 4; }
  Index cols() const noexcept override { return 3; }
  Index size() const noexcept override { return 12; }
  bool symmetric() const noexcept override { return false; }
  double loss_constant() const noexcept override { return 1; }
  void check(const Operator&) const override {}
  Index view_rank() const noexcept override { return 0; }
  Index scratch_size() const noexcept override { return 12; }
  ThetaView view(const double* theta, double* scratch, const Execution&) const override {
    for (Index j = 0; j < 12; ++j) scratch[j] = theta[j] * theta[j];
    return ThetaView::assembled(scratch, 4, 3);
  }
  void pull_back(const double* theta, const ConstCotangent& cotangent, double scale, double*,
                 double* gradient, const Execution&) const override {
    for (Index j = 0; j < 12; ++j) gradient[j] = scale * 2 * theta[j] * cotangent.left[j];
  }
  Index tangent_size() const noexcept override { return 12; }
  ThetaView tangent(const double* theta, const double* v, const double*, double* work,
                    const Execution&) const override {
    for (Index j = 0; j < 12; ++j) work[j] = 2 * theta[j] * v[j];
    return ThetaView::assembled(work, 4, 3);
  }
  void pull_back_tangent(const double* theta, const double* v, const ConstCotangent& C,
                         const ConstCotangent& dC, double scale, const double*, double* out,
                         const Execution&) const override {
    for (Index j = 0; j < 12; ++j) out[j] = scale * 2 * (theta[j] * dC.left[j] + v[j] * C.left[j]);
  }
  Vector singular_values(const double*, Index count) const override { return Vector::Zero(count); }
  Index spectrum_size() const noexcept override { return 3; }
  Split split(const double*, const Truth&) const override { return {0, 0}; }
  double deviation_rate(const double*, const double*, const Truth&) const override { return 0; }
};

}  // namespace

TEST_CASE("a model whose Theta is handed out whole has a Hessian, too") {
  const Squares model;
  const auto op = rectangular_gaussian(30, 4, 3);
  const Numbers theta = normals(12, 2), v = normals(12, 3);
  for_losses(*op, model, [&](const Objective& objective) {
    if (objective.loss() == &kHuber) return;
    const At at(objective, theta);
    const Numbers Hv = product(at, v);
    CHECK(relative_error(Hv, difference(objective, theta, v, 1e-4)) < 1e-7);
    CHECK(std::abs(curvature(at, v) - inner(v, Hv)) < 1e-12 * norm(v) * norm(Hv));
  });
}

}  // namespace ipgd
