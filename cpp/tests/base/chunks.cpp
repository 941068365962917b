#include "ipgd/base/chunks.hpp"

#include <algorithm>
#include <thread>

#include "helpers.hpp"

namespace ipgd {
namespace {

constexpr Index kRows[] = {1, 3, 127, 128, 255, 256, 1000, 1100, 8192, 8193, 99999, 1 << 20};
constexpr Index kEntries[] = {1, 64, 561, 5050, 500000};
constexpr Index kWorthSharing = Index{1} << 18;  // multiply-adds

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

TEST_CASE("blocks of rows cover each row exactly once, with the same bounds for all threads") {
  for (const int n_threads : test::kThreadCounts)
    for (const Index rows : {0, 1, 31, 32, 33, 100, 1000})
      for (const Index multiply_adds : {Index{0}, kWorthSharing, Index{1} << 40}) {
        std::vector<std::atomic<int>> visits(static_cast<std::size_t>(rows));
        std::atomic<Index> wrong{0};
        for_row_blocks({n_threads, nullptr}, rows, multiply_adds, [&](Index begin, Index end) {
          if (begin % 32 != 0 || end != std::min(begin + 32, rows)) ++wrong;
          for (Index i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
        });
        CHECK(wrong == 0);
        CHECK(std::count(visits.begin(), visits.end(), 1) == rows);
      }
}

TEST_CASE("little work stays on the calling thread, more is shared") {
  const auto caller = std::this_thread::get_id();
  std::atomic<Index> elsewhere{0};
  for_row_blocks({7, nullptr}, 1000, kWorthSharing - 1, [&](Index, Index) {
    if (std::this_thread::get_id() != caller) ++elsewhere;
  });
  CHECK(elsewhere == 0);

  if (!has_openmp()) return;
  std::atomic<int> met{0};  // blocks of two threads that wait for each other
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for_row_blocks({2, nullptr}, 64, kWorthSharing, [&](Index, Index) {
    ++met;
    while (met < 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    if (std::this_thread::get_id() != caller) ++elsewhere;
  });
  CHECK(elsewhere == 1);
}

TEST_CASE("blocks of rows are not interrupted: what they work on would be left half done") {
  test::StopAfter stop(0);
  Index rows = 0;
  for_row_blocks({1, &stop}, 100, 0, [&](Index begin, Index end) { rows += end - begin; });
  CHECK(rows == 100);
}

}  // namespace ipgd
