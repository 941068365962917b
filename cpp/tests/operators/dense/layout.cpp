#include "ipgd/operators/dense/layout.hpp"

#include "helpers.hpp"

namespace ipgd {

TEST_CASE("symmetric storage keeps one number for each free entry") {
  CHECK(Layout::symmetric(1, 1.0).entries() == 1);
  CHECK(Layout::symmetric(2, 1.0).entries() == 3);
  CHECK(Layout::symmetric(100, 1.0).entries() == 5050);
  CHECK(Layout::rectangular(3, 7).entries() == 21);
}

TEST_CASE("symmetric storage at scale sqrt(2) is an isometry") {
  const Index d = 7;
  const Layout layout = Layout::symmetric(d, std::sqrt(2.0));
  const test::Numbers A = test::symmetric_normals(d, 1), B = test::symmetric_normals(d, 2);
  test::Numbers a(static_cast<std::size_t>(layout.entries())), b(a);
  layout.compress(A.data(), a.data());
  layout.compress(B.data(), b.data());
  CHECK(std::abs(test::inner(a, b) - test::inner(A, B)) < 1e-14 * test::norm(A) * test::norm(B));
}

TEST_CASE("a stored matrix times a packed Theta is their inner product, at any scale") {
  const Index d = 7;
  const test::Numbers A = test::normals(d * d, 1), theta = test::symmetric_normals(d, 2);
  for (const double scale : {1.0, std::sqrt(2.0), 2.0}) {
    const Layout layout = Layout::symmetric(d, scale);
    test::Numbers a(static_cast<std::size_t>(layout.entries())), x(a);
    layout.compress(A.data(), a.data());
    layout.pack(theta.data(), 0, d, x.data());
    CHECK(std::abs(test::inner(a, x) - test::inner(A, theta)) <
          1e-14 * test::norm(A) * test::norm(theta));
  }
}

TEST_CASE("symmetric storage keeps the symmetric part") {
  const double A[] = {1, 2, 4, 8}, symmetric[] = {1, 3, 3, 8};
  const Layout layout = Layout::symmetric(2, 1.0);
  double stored[3], back[4];
  layout.compress(A, stored);
  layout.expand(stored, back);
  CHECK(test::same_bits(back, symmetric, 4));
}

TEST_CASE("the mean of two entries near the largest number does not overflow") {
  const double A[] = {0, 1.5e308, 1.5e308, 0};
  double stored[3];
  Layout::symmetric(2, 1.0).compress(A, stored);
  CHECK(stored[1] == 1.5e308);
}

}  // namespace ipgd
