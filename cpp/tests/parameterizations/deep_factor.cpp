#include "ipgd/parameterizations/deep_factor.hpp"

#include "parameterizations/factor_checks.hpp"

namespace ipgd {

using namespace test;

namespace {

const std::vector<Index> kShapes[] = {{5, 4, 7},           {5, 3, 7},          {5, 3, 2, 7},
                                      {1, 3, 2, 7},        {5, 1, 1, 7},       {5, 6, 8, 4, 1},
                                      {5, 9, 3, 4, 7},     {5, 9, 1, 4, 7},    {9, 3, 1, 1, 2},
                                      {30, 20, 1, 25, 20}, {5, 5, 2, 3, 2, 7}, {1, 1, 1, 1}};

}  // namespace

TEST_CASE("the gradient of the deep model is that of the plain loops") {
  for (const std::vector<Index>& sizes : kShapes) {
    const auto op = rectangular_gaussian(15, sizes.back(), sizes.front());
    const DeepFactor model(sizes);
    const Numbers y = normals(15, 2), theta = normals(model.size(), 3);
    const Numbers expected = reference::deep_gradient(plain(*op), y, theta,
                                                      std::vector<int>(sizes.begin(), sizes.end()));
    CHECK(relative_error(evaluate(*op, model, y, theta).gradient, expected) < 1e-13);
  }
}

TEST_CASE("the gradient of the deep model is the slope of its loss") {
  for (const std::vector<Index>& sizes : kShapes) {
    const DeepFactor model(sizes);
    check_slopes(*rectangular_gaussian(15, sizes.back(), sizes.front()), model, normals(15, 2),
                 normals(model.size(), 3), 0.25);
  }
}

TEST_CASE("pulling back through layers does not depend on addresses") {
  for (const std::vector<Index>& sizes : kShapes) {
    CAPTURE(DeepFactor(sizes).size());
    check_addresses(DeepFactor(sizes));
  }
  check_addresses(DeepFactor({33, 20, 40, 35}));
}

TEST_CASE("the deep model has the same bits alone, in company and on threads") {
  check_company(*rectangular_gaussian(300, 20, 33), DeepFactor({33, 5, 20}));
  // Layers large enough for threads to share one of them.
  check_company(*rectangular_gaussian(40, 70, 66), DeepFactor({66, 80, 70, 70}));
}

TEST_CASE("the deep model names and sizes its parts") {
  const DeepFactor model({6, 3, 2, 4});
  REQUIRE(model.blocks().size() == 3u);
  CHECK(model.blocks()[0].name == "W1");
  CHECK(model.blocks()[0].rows == 3);
  CHECK(model.blocks()[0].cols == 6);
  CHECK(model.blocks()[2].name == "W3");
  CHECK(model.blocks()[2].rows == 4);
  CHECK(model.blocks()[2].cols == 2);
  CHECK(model.size() == 18 + 6 + 8);
  CHECK(model.rows() == 4);
  CHECK(model.cols() == 6);
  CHECK(model.view_rank() == 3);
  CHECK(model.degree() == 3);
  CHECK(model.stiffness() == 3);
  CHECK(model.start_size() == 1e-2);
  CHECK(DeepFactor({6, 3, 4}).start_size() == 1e-8);
  CHECK(model.loss_constant() == 1.0);
  CHECK(model.spectrum_size() == 4);
  CHECK_FALSE(model.symmetric());
}

TEST_CASE("layers of a given matrix are balanced") {
  const Vector values = (Vector(3) << 8, 1, 1e-3).finished();
  for (const std::vector<Index>& sizes :
       {std::vector<Index>{7, 5, 6}, {7, 4, 9, 6}, {7, 3, 3, 3, 6}}) {
    const DeepFactor model(sizes);
    check_lift(model, values);
    const Numbers theta = lifted(model, values);
    const Vector found = model.singular_values(theta.data(), 6);
    CHECK((found.head(3) - values).cwiseAbs().maxCoeff() < 1e-13);
    CHECK(found.tail(3).cwiseAbs().maxCoeff() < 1e-13);
    const double* W = theta.data();
    for (std::size_t j = 1; j + 1 < sizes.size(); ++j) {
      const ConstMatrixMap here(W, sizes[j], sizes[j - 1]);
      W += here.size();
      const ConstMatrixMap next(W, sizes[j + 1], sizes[j]);
      CHECK((next.transpose() * next - here * here.transpose()).norm() < 1e-14);
    }
  }
}

TEST_CASE("Theta of the deep model splits into the truth's spaces and the rest") {
  const DeepFactor model({5, 5, 4, 4});
  const Matrix P = reflection(4), Q = reflection(5), middle = Matrix::Random(4, 5);
  // W_3 = P, W_2 = middle, W_1 = Qᵀ
  Numbers theta(static_cast<std::size_t>(model.size()));
  MatrixMap(theta.data(), 5, 5) = Q.transpose();
  MatrixMap(theta.data() + 25, 4, 5) = middle;
  MatrixMap(theta.data() + 45, 4, 4) = P;
  const Truth truth{Matrix::Zero(4, 5), P.leftCols(2), Q.leftCols(2)};
  const Split split = model.split(theta.data(), truth);
  const double signal = middle.topLeftCorner(2, 2).norm();
  CHECK(split.signal == doctest::Approx(signal).epsilon(1e-13));
  CHECK(split.residual ==
        doctest::Approx(std::sqrt(middle.squaredNorm() - signal * signal)).epsilon(1e-13));
}

TEST_CASE("a deep model refuses operators that cannot measure it, and senseless sizes") {
  CHECK_NOTHROW(DeepFactor({5, 2, 4}).check(*rectangular_gaussian(3, 4, 5)));
  CHECK_THROWS_WITH_AS(
      DeepFactor({4, 2, 4}).check(*symmetric_gaussian(3, 4)),
      "parameterization: expected SymmetricFactor for an operator on symmetric "
      "matrices (Dense takes any), got DeepFactor, whose Theta = W_N ... W_1 is not symmetric",
      InvalidArgument);
  CHECK_THROWS_WITH_AS(DeepFactor({4, 2, 5}).check(*rectangular_gaussian(3, 4, 5)),
                       "parameterization: expected W_N ... W_1 of the operator's shape 4 x 5, got "
                       "5 x 4",
                       InvalidArgument);
  CHECK_THROWS_WITH_AS(DeepFactor({4, 5}), "depth: expected a depth of at least 2, got 1",
                       InvalidArgument);
  CHECK_THROWS_WITH_AS(DeepFactor({4, 0, 5}), "widths: expected a size of at least 1, got 0",
                       InvalidArgument);
  CHECK_THROWS_AS(DeepFactor({Index{1} << 40, Index{1} << 40, 2}), std::length_error);
}

}  // namespace ipgd
