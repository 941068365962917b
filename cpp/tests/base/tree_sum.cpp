#include "ipgd/base/tree_sum.hpp"

#include <algorithm>
#include <numeric>

#include "helpers.hpp"

namespace ipgd {
namespace {

// The accumulators of `parts` (count x n), closed in this order.
template <class Sum>
std::vector<Sum> sum_of(const std::vector<Sum>& parts, Index n, const std::vector<Index>& order) {
  const auto count = static_cast<Index>(order.size());
  TreeSum<Sum> tree(count, n, 0);
  tree.begin(n);
  for (const Index c : order) {
    Sum* const part = tree.open();
    std::copy_n(parts.data() + c * n, n, part);
    tree.close(c, part);
  }
  return {tree.total(), tree.total() + n};
}

std::vector<Index> ascending(Index count) {
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  return order;
}

}  // namespace

TEST_CASE_TEMPLATE("a tree sum adds every part", Sum, double, float) {
  constexpr Index n = 37;
  for (const Index count : {1, 2, 3, 4, 5, 7, 8, 64}) {
    CAPTURE(count);
    // Small integers: every order of summation gives the same number, in float32 too.
    std::vector<Sum> parts(static_cast<std::size_t>(count * n)), expected(n);
    for (Index c = 0; c < count; ++c)
      for (Index j = 0; j < n; ++j) {
        const auto value = static_cast<Sum>((c * 31 + j * 17) % 1001 - 500);
        parts[static_cast<std::size_t>(c * n + j)] = value;
        expected[static_cast<std::size_t>(j)] += value;
      }
    CHECK(sum_of(parts, n, ascending(count)) == expected);
  }
}

TEST_CASE("the tree is the balanced one: neighbours first, then pairs") {
  const std::vector<double> parts = {1, 0x1p-53, 0x1p-53, 0x1p-53, 0x1p-53};
  // ((1 + e) + (e + e)) + e = (1 + 2e) + e, which rounds to even; from left to right it stays 1
  CHECK(sum_of(parts, 1, ascending(5)).front() == (1 + 0x1p-52) + 0x1p-53);
  CHECK(sum_of(parts, 1, ascending(5)).front() > 1);
}

TEST_CASE_TEMPLATE("the order in which parts are closed does not change the bits", Sum, double,
                   float) {
  constexpr Index n = 100;
  for (const Index count : {2, 3, 13, 16, 64}) {
    const test::Numbers normals = test::normals(count * n, 1);
    const std::vector<Sum> parts(normals.begin(), normals.end());
    std::vector<Index> order = ascending(count);
    const std::vector<Sum> expected = sum_of(parts, n, order);
    std::reverse(order.begin(), order.end());
    CHECK(sum_of(parts, n, order) == expected);
    for (Index c = 0; c < count; ++c)
      std::swap(order[static_cast<std::size_t>(c)], order[static_cast<std::size_t>(c * 7 % count)]);
    CHECK(sum_of(parts, n, order) == expected);
  }
}

TEST_CASE("threads give the bits of one, time after time") {
  constexpr Index count = 64, n = 500;
  const test::Numbers normals = test::normals(count * n, 2);
  const auto expected = sum_of(normals, n, ascending(count));
  TreeSum<double> tree(count, n, 8);
  for (int repetition = 0; repetition < 20; ++repetition)
    for (const int n_threads : test::kThreadCounts) {
      tree.begin(n);
      parallel_for({n_threads, nullptr}, count, [&](Index c) {
        double* const part = tree.open();
        std::copy_n(normals.data() + c * n, n, part);
        tree.close(c, part);
      });
      REQUIRE(test::same_bits(tree.total(), expected.data(), n));
    }
}

TEST_CASE("a serial sum keeps no more accumulators alive than the tree is deep") {
  constexpr Index count = 64, n = 16;
  TreeSum<double> tree(count, n, 0);
  tree.begin(n);
  std::vector<double*> seen;
  for (Index c = 0; c < count; ++c) {
    double* const part = tree.open();
    if (std::find(seen.begin(), seen.end(), part) == seen.end()) seen.push_back(part);
    tree.close(c, part);
  }
  CHECK(seen.size() <= 7);  // log2(64) + 1
}

TEST_CASE("what was left of an interrupted sum is forgotten") {
  TreeSum<double> tree(4, 1, 0);
  tree.begin(1);
  double* const left = tree.open();
  *left = 100;
  tree.close(0, left);
  CHECK(tree.total() == nullptr);
  tree.begin(1);
  for (Index c = 0; c < 4; ++c) {
    double* const part = tree.open();
    CHECK(*part == 0);
    *part = 1;
    tree.close(c, part);
  }
  CHECK(*tree.total() == 4);
}

TEST_CASE("an accumulator is handed out as it is where nobody wants zeros") {
  TreeSum<double> tree(1, 3, 0);
  tree.begin(3);
  std::fill_n(tree.open(), 3, 7.0);
  tree.begin(3);
  CHECK(*tree.open(false) == 7);
  tree.begin(3);
  CHECK(*tree.open() == 0);
}

}  // namespace ipgd
