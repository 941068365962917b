#include "ipgd/operators/theta.hpp"

#include <algorithm>

#include "helpers.hpp"

namespace ipgd {
namespace {

struct Shape {
  Index rows, cols, rank;
};
constexpr Shape kShapes[] = {{1, 1, 1},  {2, 5, 1},    {7, 7, 3},
                             {7, 9, 12}, {33, 33, 40}, {33, 20, 5}};

test::Numbers assembled(const ThetaView& theta) {
  test::Numbers out(static_cast<std::size_t>(theta.rows * theta.cols));
  assemble(theta, out.data());
  return out;
}

}  // namespace

TEST_CASE("a product assembles to the plain product") {
  for (const Shape& s : kShapes) {
    const test::Numbers L = test::normals(s.rows * s.rank, 1),
                        R = test::normals(s.cols * s.rank, 2);
    const test::Numbers expected =
        reference::product(L, R, test::as_int(s.rows), test::as_int(s.cols), test::as_int(s.rank));
    const auto theta = ThetaView::product(L.data(), R.data(), s.rows, s.cols, s.rank);
    CHECK(test::relative_error(assembled(theta), expected) < 1e-14);
    const test::Numbers gram =
        reference::product(L, L, test::as_int(s.rows), test::as_int(s.rows), test::as_int(s.rank));
    const auto theta_gram = ThetaView::product(L.data(), L.data(), s.rows, s.rows, s.rank);
    CHECK(test::relative_error(assembled(theta_gram), gram) < 1e-14);
  }
}

TEST_CASE("a Gram matrix is exactly symmetric") {
  for (const Shape& s : kShapes) {
    const test::Numbers U = test::normals(s.rows * s.rank, 1);
    const test::Numbers theta =
        assembled(ThetaView::product(U.data(), U.data(), s.rows, s.rows, s.rank));
    test::Numbers mirrored = theta;
    test::mirror(mirrored.data(), s.rows);
    CHECK(test::same_bits(theta, mirrored));
  }
}

TEST_CASE("an assembled matrix is copied bit by bit") {
  const test::Numbers X = test::normals(35, 1);
  CHECK(test::same_bits(assembled(ThetaView::assembled(X.data(), 5, 7)), X));
}

TEST_CASE("the bits of an assembled product do not depend on addresses") {
  for (const Shape& s : kShapes) {
    const test::Numbers L = test::normals(s.rows * s.rank, 1),
                        R = test::normals(s.cols * s.rank, 2);
    const test::Numbers expected =
        assembled(ThetaView::product(L.data(), R.data(), s.rows, s.cols, s.rank));
    const test::Numbers gram =
        assembled(ThetaView::product(L.data(), L.data(), s.rows, s.rows, s.rank));
    for (Index shift = 1; shift < 8; ++shift) {
      test::Numbers l(L.size() + 8), r(R.size() + 8), out(expected.size() + 8),
          out_gram(gram.size() + 8);
      std::copy(L.begin(), L.end(), l.begin() + shift);
      std::copy(R.begin(), R.end(), r.begin() + 8 - shift);
      const double* left = l.data() + shift;
      const double* right = r.data() + 8 - shift;
      assemble(ThetaView::product(left, right, s.rows, s.cols, s.rank), out.data() + shift);
      assemble(ThetaView::product(left, left, s.rows, s.rows, s.rank), out_gram.data() + shift);
      CAPTURE(s.rows);
      CAPTURE(s.rank);
      CHECK(test::same_bits(out.data() + shift, expected.data(), test::length(expected)));
      CHECK(test::same_bits(out_gram.data() + shift, gram.data(), test::length(gram)));
    }
  }
}

}  // namespace ipgd
