#include "ipgd/base/chunks.hpp"

#include <algorithm>

#include "helpers.hpp"

namespace ipgd {
namespace {

constexpr Index kRows[] = {1, 3, 127, 128, 255, 256, 1000, 1100, 8192, 8193, 99999, 1 << 20};
constexpr Index kEntries[] = {1, 64, 561, 5050, 500000};

}  // namespace

TEST_CASE("chunks cover the rows exactly once, in order, evenly") {
  for (const Index rows : kRows)
    for (const Index entries : kEntries) {
      const Chunks chunks = row_chunks(rows, entries);
      CAPTURE(rows);
      CAPTURE(entries);
      CHECK(chunks.total == rows);
      CHECK(chunks.begin(0) == 0);
      CHECK(chunks.end(chunks.count - 1) == rows);
      Index smallest = rows, largest = 0;
      for (Index c = 0; c < chunks.count; ++c) {
        if (c > 0) CHECK(chunks.begin(c) == chunks.end(c - 1));
        smallest = std::min(smallest, chunks.end(c) - chunks.begin(c));
        largest = std::max(largest, chunks.end(c) - chunks.begin(c));
      }
      CHECK(largest - smallest <= 1);
      // Short rows: 128 to a chunk. Few long ones: 16, in at most 8 chunks of 2^22 entries.
      const bool few =
          chunks.count <= 8 && smallest >= 16 && smallest * entries >= (1 << 22) - entries;
      CHECK((chunks.count == 1 || smallest >= 128 || few));
    }
}

TEST_CASE("the number of chunks is a power of two, at most 64, and grows with the problem") {
  for (const Index entries : kEntries) {
    Index before = 1;
    for (const Index rows : kRows) {
      const Index count = row_chunks(rows, entries).count;
      CHECK((count & (count - 1)) == 0);
      CHECK(count >= before);
      CHECK(count <= 64);
      before = count;
    }
  }
  CHECK(row_chunks(100, 100).count == 1);
  CHECK(row_chunks(1100, 561).count == 8);
  CHECK(row_chunks(1 << 20, 500000).count == 64);
}

TEST_CASE("tree_sum adds the parts and leaves the gaps between them alone") {
  constexpr Index n = 2500, stride = 2504;  // several segments of columns
  for (const Index count : {1, 2, 3, 4, 5, 7, 8, 64}) {
    // Small integers: every order of summation gives the same number.
    test::Numbers parts(static_cast<std::size_t>(count * stride), -1.0), sums(n);
    for (Index c = 0; c < count; ++c)
      for (Index j = 0; j < n; ++j) {
        const auto value = static_cast<double>((c * 31 + j * 17) % 1001 - 500);
        parts[static_cast<std::size_t>(c * stride + j)] = value;
        sums[static_cast<std::size_t>(j)] += value;
      }
    tree_sum({2, nullptr}, parts.data(), count, stride, n);
    CAPTURE(count);
    CHECK(test::same_bits(parts.data(), sums.data(), n));
    CHECK(std::count(parts.begin() + n, parts.begin() + stride, -1.0) == stride - n);
  }
}

TEST_CASE("tree_sum has the same bits for every number of threads") {
  constexpr Index count = 16, n = 5000;
  const test::Numbers parts = test::normals(count * n, 1);
  test::Numbers serial = parts;
  tree_sum({1, nullptr}, serial.data(), count, n, n);
  for (const int n_threads : test::kThreadCounts) {
    test::Numbers threaded = parts;
    tree_sum({n_threads, nullptr}, threaded.data(), count, n, n);
    CHECK(test::same_bits(threaded.data(), serial.data(), n));
  }
}

}  // namespace ipgd
