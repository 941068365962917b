#include "ipgd/parameterizations/asymmetric_factor.hpp"

#include "parameterizations/factor_checks.hpp"

namespace ipgd {

using namespace test;

TEST_CASE("the gradient of the rectangular model is that of the plain loops") {
  for (const Index d1 : {1, 2, 7})
    for (const Index d2 : {1, 5, 12})
      for (const Index k : {1, 3, 20}) {
        const Index m = 15;
        const auto owner = rectangular_gaussian(m, d1, d2);
        const DenseOperator& op = *owner;
        const AsymmetricFactor model(d1, d2, k);
        const Numbers y = normals(m, 2), V = normals(d1 * k, 3), W = normals(d2 * k, 4);
        Numbers theta = V;
        theta.insert(theta.end(), W.begin(), W.end());
        const Numbers expected = reference::asymmetric_gradient(plain(op), y, V, W, as_int(k));
        CHECK(relative_error(evaluate(op, model, y, theta).gradient, expected) < 1e-13);
      }
}

TEST_CASE("the gradient of the rectangular model is the slope of its loss") {
  const Index m = 15, k = 3;
  check_slopes(*rectangular_gaussian(m, 4, 6), AsymmetricFactor(4, 6, k), normals(m, 2),
               normals(10 * k, 3));
  check_slopes(*rectangular_gaussian(m, 1, 3), AsymmetricFactor(1, 3, k), normals(m, 2),
               normals(4 * k, 3));
}

TEST_CASE("pulling back through V and W does not depend on addresses") {
  for (const Index k : {1, 3, 12}) check_addresses(AsymmetricFactor(7, 5, k));
  check_addresses(AsymmetricFactor(20, 33, 20));
}

TEST_CASE("the rectangular model names and sizes its parts") {
  const AsymmetricFactor model(4, 6, 3);
  REQUIRE(model.blocks().size() == 2u);
  CHECK(model.blocks()[0].name == "V");
  CHECK(model.blocks()[0].rows == 4);
  CHECK(model.blocks()[1].name == "W");
  CHECK(model.blocks()[1].rows == 6);
  CHECK(model.blocks()[1].cols == 3);
  CHECK(model.size() == 30);
  CHECK_FALSE(model.symmetric());
  CHECK(model.loss_constant() == 1.0);
  CHECK(model.spectrum_size() == 4);
}

TEST_CASE("the singular values of V W' are found") {
  const Vector values = (Vector(3) << 5, 1, 1e-9).finished();
  const Matrix left = with_singular_values(6, 4, values), right = reflection(8).leftCols(4);
  Matrix theta(14, 4);
  theta << left, right;  // V Wᵀ = V (orthonormal columns)ᵀ has V's singular values
  const AsymmetricFactor model(6, 8, 4);
  const Vector found = model.singular_values(theta.data(), model.spectrum_size());
  REQUIRE(found.size() == 6);
  CHECK((found.head(3) - values).cwiseAbs().maxCoeff() < 1e-14);
  CHECK(found.tail(3).cwiseAbs().maxCoeff() < 1e-14);
}

TEST_CASE("V and W split along the truth's column and row spaces") {
  const Index d1 = 5, d2 = 7, k = 3;
  const Matrix P = reflection(d1), Q = reflection(d2);
  const Matrix v = Matrix::Random(d1, k), w = Matrix::Random(d2, k);
  Matrix theta(d1 + d2, k);
  theta << P * v, Q * w;
  const Truth truth{Matrix::Zero(d1, d2), P.leftCols(2), Q.leftCols(2)};
  const Split split = AsymmetricFactor(d1, d2, k).split(theta.data(), truth);
  CHECK(split.signal ==
        doctest::Approx(std::hypot(v.topRows(2).norm(), w.topRows(2).norm())).epsilon(1e-13));
  CHECK(split.residual ==
        doctest::Approx(std::hypot(v.bottomRows(3).norm(), w.bottomRows(5).norm())).epsilon(1e-13));
}

TEST_CASE("V and W of a given matrix are balanced") {
  const Vector values = (Vector(2) << 4, 0.25).finished();
  const AsymmetricFactor model(5, 7, 3);
  check_lift(model, values);
  const Numbers theta = lifted(model, values);
  const ConstMatrixMap V(theta.data(), 5, 3), W(theta.data() + 15, 7, 3);
  CHECK((V.transpose() * V - W.transpose() * W).norm() < 1e-14);
  // With less room, what is largest stays.
  CHECK(std::abs(
            assembled(AsymmetricFactor(5, 7, 1), lifted(AsymmetricFactor(5, 7, 1), values)).norm() -
            4) < 1e-14);
}

TEST_CASE("the rectangular model has the same bits alone, in company and on threads") {
  check_company(*rectangular_gaussian(300, 20, 33), AsymmetricFactor(20, 33, 5));
}

TEST_CASE("a rectangular model refuses operators that cannot measure it") {
  CHECK_NOTHROW(AsymmetricFactor(4, 5, 2).check(*rectangular_gaussian(3, 4, 5)));
  CHECK_THROWS_WITH_AS(
      AsymmetricFactor(4, 4, 2).check(*symmetric_gaussian(3, 4)),
      "parameterization: expected SymmetricFactor for an operator on symmetric "
      "matrices (Dense takes any), got AsymmetricFactor, whose Theta = V Wᵀ is not symmetric",
      InvalidArgument);
  CHECK_THROWS_WITH_AS(AsymmetricFactor(5, 4, 2).check(*rectangular_gaussian(3, 4, 5)),
                       "parameterization: expected V Wᵀ of the operator's shape 4 x 5, got 5 x 4",
                       InvalidArgument);
}

TEST_CASE("a rectangular model refuses sizes below one") {
  CHECK_THROWS_WITH_AS(AsymmetricFactor(0, 4, 2), "rows: expected a size of at least 1, got 0",
                       InvalidArgument);
  CHECK_THROWS_WITH_AS(AsymmetricFactor(4, -1, 2), "cols: expected a size of at least 1, got -1",
                       InvalidArgument);
  CHECK_THROWS_WITH_AS(AsymmetricFactor(4, 4, 0),
                       "search_rank: expected a size of at least 1, got 0", InvalidArgument);
  CHECK_THROWS_AS(AsymmetricFactor(Index{1} << 40, Index{1} << 40, Index{1} << 40),
                  std::length_error);
}

}  // namespace ipgd
