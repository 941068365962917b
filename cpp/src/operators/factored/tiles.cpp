#include <algorithm>
#include <cmath>

#include "ipgd/operators/factored/entries.hpp"

namespace ipgd {
namespace {

// Each tile fetches its rows of the factors and gradients again. So a block has at least 2048 rows,
// which fit an L2 cache, and a row 16 entries in it. For the threads there are up to 8 blocks all
// the same, as long as a tile has 4096 entries (30 microseconds). 10^5 x 10^5, 10^7 entries, rank
// 10, one thread: 10.4 ns an entry with one block, 7.5 with 4, 7.7 with 8, 8.9 with 16, 10.4 with
// 24 (AMD Zen 4 with AVX-512, November 2026).
Index block_count(Index dimension, Index entries) {
  constexpr Index kRows = 2048, kReuse = 16, kThreads = 8, kEntries = 4096;
  constexpr Index kMostRows = Index{1} << 16;  // that 16 bits can number
  const auto divide = [](Index n, Index by) { return (n + by - 1) / by; };
  const Index tasks = static_cast<Index>(std::sqrt(static_cast<double>(entries / kEntries)));
  const Index cached = std::min(divide(dimension, kRows), entries / (kReuse * dimension));
  const Index wanted = std::min(tasks, std::max(cached, kThreads));
  return std::min(dimension, std::max({wanted, divide(dimension, kMostRows), Index{1}}));
}

void require_size(const char* name, Index n) {
  constexpr Index kMost = Index{1} << 26;
  if (n < 1 || n > kMost) throw InvalidArgument(name, "a number from 1 to 2^26", std::to_string(n));
}

void require_indices(const char* name, Index count, const std::int64_t* index, Index below) {
  for (Index i = 0; i < count; ++i)
    if (index[i] < 0 || index[i] >= below)
      throw InvalidArgument(name, "indices from 0 to " + std::to_string(below - 1),
                            std::to_string(index[i]) + " at index " + std::to_string(i));
}

Index block_of(const Chunks& blocks, Index i) {
  const Index small = blocks.total / blocks.count, longer = blocks.total % blocks.count;
  const Index border = longer * (small + 1);
  return i < border ? i / (small + 1) : longer + (i - border) / small;
}

// Sorts `from` into `to` by key(i), which is below `keys`; equal ones keep their order. Returns
// where each key begins.
template <class Key>
Buffer<Index> sort_by(const Key& key, Index keys, Index count, const Index* from, Index* to) {
  Buffer<Index> begin = Buffer<Index>::zeros(keys + 1);
  for (Index p = 0; p < count; ++p) ++begin.data()[key(from[p]) + 1];
  for (Index k = 0; k < keys; ++k) begin.data()[k + 1] += begin.data()[k];
  for (Index p = 0; p < count; ++p) to[begin.data()[key(from[p])]++] = from[p];
  std::copy_backward(begin.data(), begin.data() + keys, begin.data() + keys + 1);
  begin.data()[0] = 0;
  return begin;
}

// The indices below `all` that occur, ascending.
std::vector<Index> occurring(Index count, const std::int64_t* index, Index all) {
  std::vector<bool> occurs(static_cast<std::size_t>(all));
  for (Index i = 0; i < count; ++i) occurs[static_cast<std::size_t>(index[i])] = true;
  std::vector<Index> those;
  for (Index i = 0; i < all; ++i)
    if (occurs[static_cast<std::size_t>(i)]) those.push_back(i);
  return those;
}

// numbers[i] <- the place of index[i] in `seen`
void renumber(const std::vector<Index>& seen, Index all, Index count, const std::int64_t* index,
              std::int64_t* numbers) {
  Buffer<Index> place(all);
  for (std::size_t i = 0; i < seen.size(); ++i) place.data()[seen[i]] = static_cast<Index>(i);
  for (Index i = 0; i < count; ++i) numbers[i] = place.data()[index[i]];
}

}  // namespace

Tiles::Tiles(Index d1, Index d2, Index count, const std::int64_t* row, const std::int64_t* col,
             Index* order)
    : rows(d1), cols(d2), places_(count + kAhead) {
  require_size("rows", rows);
  require_size("cols", cols);
  require_indices("rows", count, row, rows);
  require_indices("cols", count, col, cols);
  seen = {occurring(count, row, rows), occurring(count, col, cols)};
  const auto n1 = static_cast<Index>(seen.rows.size()), n2 = static_cast<Index>(seen.cols.size());
  Buffer<std::int64_t> numbers;
  if (n1 == rows && n2 == cols) {
    seen = {};
  } else {
    numbers = Buffer<std::int64_t>(2 * count);
    renumber(seen.rows, rows, count, row, numbers.data());
    renumber(seen.cols, cols, count, col, numbers.data() + count);
    row = numbers.data(), col = numbers.data() + count;
  }
  row_blocks = {n1, block_count(n1, count)};
  col_blocks = {n2, block_count(n2, count)};

  Buffer<Index> other(count);
  for (Index i = 0; i < count; ++i) order[i] = i;
  sort_by([&](Index i) { return col[i]; }, n2, count, order, other.data());
  sort_by([&](Index i) { return row[i]; }, n1, count, other.data(), order);
  std::copy_n(order, count, other.data());
  const auto tile = [&](Index i) {
    return block_of(row_blocks, row[i]) * col_blocks.count + block_of(col_blocks, col[i]);
  };
  begin_ = sort_by(tile, row_blocks.count * col_blocks.count, count, other.data(), order);
  for (Index p = 0; p < count; ++p) {
    const Index a = row[order[p]], b = col[order[p]];
    places_.data()[p] = {static_cast<std::uint16_t>(a - row_blocks.begin(block_of(row_blocks, a))),
                         static_cast<std::uint16_t>(b - col_blocks.begin(block_of(col_blocks, b)))};
  }
  std::fill_n(places_.data() + count, kAhead, Place{0, 0});
}

std::pair<Index, Index> Tiles::where(Index p) const noexcept {
  const Index* const begin = begin_.data();
  const Index tile = std::upper_bound(begin, begin + begin_.size(), p) - begin - 1;
  const Place place = places_.data()[p];
  return {row(row_blocks.begin(tile / col_blocks.count) + place.row),
          col(col_blocks.begin(tile % col_blocks.count) + place.col)};
}

Index Tiles::nbytes() const noexcept {
  return places_.size() * static_cast<Index>(sizeof(Place)) +
         (begin_.size() + static_cast<Index>(seen.rows.size() + seen.cols.size())) *
             static_cast<Index>(sizeof(Index));
}

}  // namespace ipgd
