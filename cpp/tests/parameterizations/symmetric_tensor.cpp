#include "ipgd/parameterizations/symmetric_tensor.hpp"

#include "parameterizations/factor_checks.hpp"

namespace ipgd {

using namespace test;

TEST_CASE("the entries of a symmetric tensor") {
  const Numbers U = {1, 2, -3, 0.5, 4, 0};  // columns (1, -3, 4) and (2, 0.5, 0)
  const Matrix three = assembled(SymmetricTensor(3, 3, 2), U);
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < 3; ++b)
      for (std::size_t c = 0; c < 3; ++c)
        CHECK(three(static_cast<Index>(9 * a + 3 * b + c), 0) ==
              U[2 * a] * U[2 * b] * U[2 * c] + U[2 * a + 1] * U[2 * b + 1] * U[2 * c + 1]);
  const Matrix four = assembled(SymmetricTensor(3, 4, 2), U);
  CHECK(four(0, 0) == 1 + 16);
  CHECK(four(27 * 2 + 9 * 1 + 3 * 0 + 2, 0) == 4 * -3 * 1 * 4);
  const Matrix two = assembled(SymmetricTensor(3, 2, 2), U);
  CHECK(two(1, 0) == -3 + 1);
}

TEST_CASE("the gradient of the tensor model is the slope of its loss") {
  // The A_i are not symmetric: every place counts.
  for (const Index order : {2, 3, 4})
    for (const Index d : {1, 3}) {
      const SymmetricTensor model(d, order, 2);
      check_slopes(*rectangular_gaussian(15, model.rows(), 1), model, normals(15, 2),
                   normals(model.size(), 3), 0.25);
    }
}

TEST_CASE("pulling back through a tensor does not depend on addresses, company or threads") {
  for (const Index order : {2, 3, 4}) check_addresses(SymmetricTensor(3, order, 4));
  check_company(*rectangular_gaussian(300, 343, 1), SymmetricTensor(7, 3, 5));
}

TEST_CASE("the tensor model names and sizes its parts") {
  const SymmetricTensor model(3, 4, 5);
  CHECK(model.blocks()[0].name == "U");
  CHECK(model.blocks()[0].rows == 3);
  CHECK(model.blocks()[0].cols == 5);
  CHECK(model.size() == 15);
  CHECK(model.rows() == 81);
  CHECK(model.cols() == 1);
  CHECK(model.degree() == 4);
  CHECK(model.stiffness() == 16);
  CHECK(model.spectrum_size() == 5);
  CHECK_FALSE(model.entrywise());
  CHECK_THROWS_WITH_AS(SymmetricTensor(3, 1, 5), "order: expected an order of at least 2, got 1",
                       InvalidArgument);
  CHECK_THROWS_AS(SymmetricTensor(Index{1} << 20, 4, 5), std::length_error);
}

TEST_CASE("terms of a tensor and its part along the truth") {
  const SymmetricTensor model(2, 3, 2);
  const Numbers U = {0, 3, 2, 0};  // columns (0, 2) and (3, 0)
  CHECK(model.singular_values(U.data(), 2).isApprox((Vector(2) << 27, 8).finished()));
  Truth truth{Matrix::Zero(8, 1), Matrix::Zero(8, 1), Matrix::Ones(1, 1)};
  truth.left(0, 0) = 1;
  const Split split = model.split(U.data(), truth);
  CHECK(split.signal == doctest::Approx(27));
  CHECK(split.residual == doctest::Approx(8));
}

TEST_CASE("a tensor starts from zero, but not from singular vectors") {
  const SymmetricTensor model(2, 3, 2);
  CHECK(lifted(model, Vector(0)) == Numbers(4, 0.0));
  CHECK_THROWS_WITH_AS(lifted(model, Vector::Ones(1)),
                       doctest::Contains("init: expected one that needs no singular vectors"),
                       InvalidArgument);
}

}  // namespace ipgd
