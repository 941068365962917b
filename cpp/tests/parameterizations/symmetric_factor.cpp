#include "ipgd/parameterizations/symmetric_factor.hpp"

#include "parameterizations/factor_checks.hpp"

namespace ipgd {

using namespace test;

TEST_CASE("the gradient of the symmetric model is that of the plain loops") {
  for (const Index d : {1, 2, 7, 12})
    for (const Index k : {1, 3, 12, 20}) {
      const Index m = 15;
      const auto owner = symmetric_gaussian(m, d);
      const DenseOperator& op = *owner;
      const SymmetricFactor model(d, k);
      const Numbers y = normals(m, 2), U = normals(d * k, 3);
      const Numbers expected = reference::symmetric_gradient(plain(op), y, U, as_int(k));
      CHECK(relative_error(evaluate(op, model, y, U).gradient, expected) < 1e-13);
    }
}

TEST_CASE("a symmetric model measured by a general square operator has the right gradient") {
  const Index m = 15, d = 7, k = 3;
  const auto owner = rectangular_gaussian(m, d, d);
  const DenseOperator& op = *owner;
  const SymmetricFactor model(d, k);
  const Numbers y = normals(m, 2), U = normals(d * k, 3);
  const Numbers expected = reference::symmetric_gradient(plain(op), y, U, as_int(k));
  CHECK(relative_error(evaluate(op, model, y, U).gradient, expected) < 1e-13);
  check_slopes(op, model, y, U);
}

TEST_CASE("the gradient of the symmetric model is the slope of its loss") {
  for (const Index d : {1, 7}) {
    const Index m = 15, k = 3;
    check_slopes(*symmetric_gaussian(m, d), SymmetricFactor(d, k), normals(m, 2),
                 normals(d * k, 3));
  }
}

TEST_CASE("pulling back through U does not depend on addresses") {
  for (const Index k : {1, 3, 12}) check_addresses(SymmetricFactor(7, k));
  check_addresses(SymmetricFactor(33, 20));
}

TEST_CASE("the symmetric model names and sizes its parts") {
  const SymmetricFactor model(7, 3);
  REQUIRE(model.blocks().size() == 1u);
  CHECK(model.blocks()[0].name == "U");
  CHECK(model.blocks()[0].rows == 7);
  CHECK(model.blocks()[0].cols == 3);
  CHECK(model.size() == 21);
  CHECK(model.rows() == 7);
  CHECK(model.cols() == 7);
  CHECK(model.symmetric());
  CHECK(model.loss_constant() == 0.5);
  CHECK(model.spectrum_size() == 3);
  CHECK(SymmetricFactor(7, 20).spectrum_size() == 7);
}

TEST_CASE("the singular values of U are found, small ones too") {
  const Vector values = (Vector(4) << 5, 1, 1e-3, 1e-9).finished();
  for (const Index k : {4, 6, 9}) {  // narrower than, near and beyond d = 6
    const Matrix U = with_singular_values(6, k, values);
    const Vector found = SymmetricFactor(6, k).singular_values(U.data(), 4);
    REQUIRE(found.size() == 4);
    CHECK((found - values).cwiseAbs().maxCoeff() < 1e-14);
    CHECK(SymmetricFactor(6, k).singular_values(U.data(), 2) == found.head(2));
  }
}

TEST_CASE("U splits into the truth's column space and the rest") {
  const Index d = 6, k = 4;
  const Matrix Q = reflection(d), coordinates = Matrix::Random(d, k);
  const Matrix U = Q * coordinates;
  const Truth truth{Matrix::Zero(d, d), Q.leftCols(2), Q.leftCols(2)};
  const Split split = SymmetricFactor(d, k).split(U.data(), truth);
  CHECK(split.signal == doctest::Approx(coordinates.topRows(2).norm()).epsilon(1e-13));
  CHECK(split.residual == doctest::Approx(coordinates.bottomRows(4).norm()).epsilon(1e-13));

  const Matrix inside = Q.leftCols(2) * Matrix::Random(2, k);
  CHECK(SymmetricFactor(d, k).split(inside.data(), truth).residual < 1e-15);
}

TEST_CASE("U of a given matrix") {
  check_lift(SymmetricFactor(6, 4), (Vector(2) << 4, 0.25).finished());
  check_lift(SymmetricFactor(6, 9), (Vector(3) << 4, 1, 0).finished());
}

TEST_CASE("a symmetric model refuses operators that cannot measure it") {
  CHECK_NOTHROW(SymmetricFactor(4, 2).check(*symmetric_gaussian(3, 4)));
  CHECK_NOTHROW(SymmetricFactor(4, 2).check(*rectangular_gaussian(3, 4, 4)));
  CHECK_THROWS_WITH_AS(SymmetricFactor(4, 2).check(*rectangular_gaussian(3, 4, 5)),
                       "parameterization: expected AsymmetricFactor for an operator on rectangular "
                       "matrices (4 x 5), got SymmetricFactor, whose Theta = U Uᵀ is square",
                       InvalidArgument);
  CHECK_THROWS_WITH_AS(
      SymmetricFactor(3, 2).check(*symmetric_gaussian(3, 4)),
      "parameterization: expected U with as many rows as the operator's Theta (4), "
      "got 3",
      InvalidArgument);
}

TEST_CASE("a symmetric model refuses sizes below one and sizes that overflow") {
  CHECK_THROWS_WITH_AS(SymmetricFactor(4, 0), "search_rank: expected a size of at least 1, got 0",
                       InvalidArgument);
  CHECK_THROWS_WITH_AS(SymmetricFactor(0, 4), "dimension: expected a size of at least 1, got 0",
                       InvalidArgument);
  CHECK_THROWS_AS(SymmetricFactor(Index{1} << 40, Index{1} << 40), std::length_error);
}

}  // namespace ipgd
