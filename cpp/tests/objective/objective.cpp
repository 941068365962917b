#include "ipgd/objective/objective.hpp"

#include "algorithms/runs.hpp"
#include "ipgd/parameterizations/asymmetric_factor.hpp"

namespace ipgd {

using namespace test;

TEST_CASE("the loss is c/(2m) ||A(Theta) - y||^2, with c = 1/2 for U U' and 1 for V W'") {
  const Index m = 15;
  const Numbers y = normals(m, 1);
  {
    const auto owner = symmetric_gaussian(m, 5);
    const DenseOperator& op = *owner;
    const SymmetricFactor model(5, 3);
    const Objective objective(op, model, y.data());
    const Numbers U = normals(15, 2);
    const double r =
        norm(minus(reference::forward(plain(op), reference::product(U, U, 5, 5, 3)), y));
    Evaluation evaluation(objective);
    evaluate(objective, U.data(), evaluation);
    CHECK(evaluation.loss == doctest::Approx(r * r / (4 * 15)).epsilon(1e-13));
    CHECK(evaluation.residual_norm == doctest::Approx(r).epsilon(1e-13));
    Evaluation zero(objective);
    evaluate(objective, Numbers(15).data(), zero);
    CHECK(zero.loss == doctest::Approx(inner(y, y) / (4 * 15)).epsilon(1e-13));
    CHECK(objective.reached(zero, 1));
    CHECK_FALSE(objective.reached(zero, 0.999));
    CHECK(objective.norm_y() == doctest::Approx(norm(y)).epsilon(1e-14));
    const Numbers gradient(evaluation.gradient.data(), evaluation.gradient.data() + 15);
    CHECK(evaluation.gradient_norm == doctest::Approx(norm(gradient)).epsilon(1e-14));
  }
  {
    const auto owner = rectangular_gaussian(m, 4, 6);
    const DenseOperator& op = *owner;
    const AsymmetricFactor model(4, 6, 2);
    const Objective objective(op, model, y.data());
    const Numbers V = normals(8, 2), W = normals(12, 3);
    Numbers theta = V;
    theta.insert(theta.end(), W.begin(), W.end());
    const double r =
        norm(minus(reference::forward(plain(op), reference::product(V, W, 4, 6, 2)), y));
    Evaluation evaluation(objective);
    evaluate(objective, theta.data(), evaluation);
    CHECK(evaluation.loss == doctest::Approx(r * r / (2 * 15)).epsilon(1e-13));
  }
}

TEST_CASE("an objective refuses a model that its operator cannot measure") {
  const auto owner = rectangular_gaussian(3, 4, 5);
  const DenseOperator& op = *owner;
  const Numbers y = normals(3, 1);
  const SymmetricFactor model(4, 2);
  CHECK_THROWS_AS(Objective(op, model, y.data()), InvalidArgument);
}

}  // namespace ipgd
