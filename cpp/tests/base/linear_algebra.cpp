#include "ipgd/base/linear_algebra.hpp"

#include "helpers.hpp"

namespace ipgd {

using namespace test;

TEST_CASE("the spectral norm of known matrices, at any scale") {
  for (const double scale : {1e-200, 1.0, 1e200}) {
    const double values[] = {0, -3 * scale, 0, 2 * scale, 0, 0};
    CHECK(spectral_norm(ConstMatrixMap(values, 2, 3), {}) / scale ==
          doctest::Approx(3).epsilon(1e-9));
    CHECK(spectral_norm(ConstMatrixMap(values, 3, 2), {}) / scale ==
          doctest::Approx(std::sqrt(13)).epsilon(1e-9));
  }
  const double zero[] = {0, 0, 0, 0};
  CHECK(spectral_norm(ConstMatrixMap(zero, 2, 2), {}) == 0);
}

TEST_CASE("a spectral norm can be interrupted") {
  const Numbers values = normals(900, 3);
  StopAfter stop(2);
  CHECK_THROWS_AS(spectral_norm(ConstMatrixMap(values.data(), 30, 30), {1, &stop}), Interrupted);
}

TEST_CASE("orthonormal columns span those they come from") {
  const Numbers values = normals(7 * 3, 4);
  const ConstMatrixMap X(values.data(), 7, 3);
  const Matrix Q = orthonormal_columns(X);
  CHECK((Q.transpose() * Q - Matrix::Identity(3, 3)).norm() < 1e-14);
  CHECK((X - Q * (Q.transpose() * X)).norm() < 1e-13);
}

}  // namespace ipgd
