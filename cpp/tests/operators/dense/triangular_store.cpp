#include "ipgd/operators/dense/triangular_store.hpp"

#include <algorithm>

#include "helpers.hpp"

namespace ipgd {

using namespace test;

namespace {

constexpr Index kRows[] = {1, 15, 16, 17, 33};

/// rows x entries, column-major with three more rows between columns; NaN where nothing is to be
/// read, no zeros where something is.
struct Upper {
  Upper(Index rows_, Index entries_)
      : rows(rows_), entries(entries_), leading(rows_ + 3), values(normals(leading * entries_, 3)) {
    for (Index j = 0; j < entries; ++j)
      for (Index i = std::min(j + 1, rows); i < leading; ++i) at(i, j) = NAN;
  }
  double& at(Index i, Index j) { return values[static_cast<std::size_t>(j * leading + i)]; }
  double at(Index i, Index j) const { return values[static_cast<std::size_t>(j * leading + i)]; }
  TriangularStore store(double factor = 1) const {
    return {values.data(), rows, entries, leading, factor};
  }

  Index rows, entries, leading;
  Numbers values;
};

/// The stride() numbers of a kept row, with its leading zeros.
Numbers kept_row(const TriangularStore& store, Index position) {
  const RowTile<double> tile = store.tile(position, 1);
  REQUIRE(tile.rows == 1);
  REQUIRE(tile.first + tile.length == store.stride());
  Numbers row(static_cast<std::size_t>(store.stride()));
  std::copy_n(tile.data, tile.length, row.begin() + tile.first);
  return row;
}

}  // namespace

TEST_CASE("each row is found again where position() says, with zeros around it") {
  for (const Index rows : kRows)
    for (Index entries = 1; entries <= 40; ++entries) {
      CAPTURE(rows);
      CAPTURE(entries);
      const Upper upper(rows, entries);
      const TriangularStore store = upper.store();
      std::vector<Index> positions;
      Index wrong = 0;
      for (Index i = 0; i < rows; ++i) {
        positions.push_back(store.position(i));
        REQUIRE(positions.back() >= 0);
        REQUIRE(positions.back() < store.rows());
        Numbers expected(static_cast<std::size_t>(store.stride()));
        for (Index j = i; j < entries; ++j) expected[static_cast<std::size_t>(j)] = upper.at(i, j);
        wrong += !same_bits(kept_row(store, positions.back()), expected);
      }
      // What is left over are rows of zeros.
      for (Index position = 0; position < store.rows(); ++position)
        if (std::count(positions.begin(), positions.end(), position) == 0)
          wrong += !same_bits(kept_row(store, position),
                              Numbers(static_cast<std::size_t>(store.stride())));
      CHECK(wrong == 0);
      std::sort(positions.begin(), positions.end());
      CHECK(std::adjacent_find(positions.begin(), positions.end()) == positions.end());
    }
}

TEST_CASE("a tile is a run of rows of one block, at 64-byte addresses") {
  const TriangularStore store = Upper(33, 40).store();
  REQUIRE(store.rows() == 48);
  for (Index position = 0; position < store.rows(); ++position)
    for (const Index at_most : {1, 4, 8, 16, 64}) {
      const RowTile<double> tile = store.tile(position, at_most);
      CHECK(tile.rows == std::min(at_most, 16 - position % 16));
      CHECK(tile.stride >= tile.length);
      CHECK(reinterpret_cast<std::uintptr_t>(tile.data) % 64 == 0);
      CHECK(tile.first % kLanes<double> == 0);
      CHECK(tile.length % kLanes<double> == 0);
      CHECK(tile.data >= store.data());
      CHECK(tile.data + (tile.rows - 1) * tile.stride + tile.length <= store.data() + store.size());
      for (Index b = 0; b < tile.rows; ++b)
        CHECK(store.tile(position + b, 1).data == tile.data + b * tile.stride);
    }
}

TEST_CASE("the store is a triangle, up to the padding of its blocks") {
  for (const Index p : {1, 7, 16, 17, 40, 210, 561}) {
    CAPTURE(p);
    const TriangularStore store = Upper(p, p).store();
    const Index triangle = p * (p + 1) / 2;
    CHECK(store.entries() == p);
    CHECK(store.rows() == round_up(p, 16));
    CHECK(store.stride() == round_up(p, 8));
    CHECK(store.size() >= triangle);
    // A row is longer by up to 15 entries in front and 7 behind; up to 15 rows are added.
    CHECK(store.size() <= triangle + store.rows() * (15 + 7));
    CHECK(store.nbytes() == 8 * store.size());
  }
  for (const Index rows : kRows)
    for (const Index entries : {1, 15, 16, 17, 40, 100})
      CHECK(TriangularStore::nbytes(rows, entries) == Upper(rows, entries).store().nbytes());
  // Fewer rows than entries: a trapezium. More: the rows below the triangle take no room.
  CHECK(Upper(16, 400).store().size() == 16 * 400);
  CHECK(Upper(32, 400).store().size() == 16 * 400 + 16 * 384);
  CHECK(Upper(400, 16).store().size() == Upper(16, 16).store().size());
}

TEST_CASE("the matrix is kept times a factor") {
  const Upper upper(17, 20);
  const TriangularStore once = upper.store(), twice = upper.store(2);
  for (Index position = 0; position < once.rows(); ++position)
    CHECK(same_bits(kept_row(twice, position), scaled(2, kept_row(once, position))));
}

TEST_CASE("any half or quarter of the rows has its share of the entries") {
  const TriangularStore store = Upper(640, 640).store();
  for (const Index parts : {2, 4, 8}) {
    const Index rows = store.rows() / parts;
    for (Index part = 0; part < parts; ++part) {
      Index entries = 0;
      for (Index i = part * rows; i < (part + 1) * rows; ++i) entries += store.tile(i, 1).length;
      // One block more or less: a fifth of an eighth. In natural order the first eighth would have
      // twice its share.
      CHECK(static_cast<double>(entries * parts) / static_cast<double>(store.size()) ==
            doctest::Approx(1).epsilon(0.25));
    }
  }
}

}  // namespace ipgd
