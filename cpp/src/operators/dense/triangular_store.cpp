#include "ipgd/operators/dense/triangular_store.hpp"

namespace ipgd {
namespace {

// 0, n-1, 1, n-2, ...: its own inverse is `place`.
Index natural(Index place, Index count) {
  return place % 2 == 0 ? place / 2 : count - 1 - place / 2;
}
Index place(Index natural, Index count) {
  const Index mirrored = count - 1 - natural;
  return natural <= mirrored ? 2 * natural : 2 * mirrored + 1;
}

}  // namespace

Index TriangularStore::nbytes(Index rows, Index entries) {
  const Index stride = round_up(entries, kLanes<double>), blocks = round_up(rows, kBlock) / kBlock;
  Index numbers = 0;
  for (Index b = 0; b < blocks; ++b) numbers += stride - std::min(stride, kBlock * b);
  return checked_product({kBlock, numbers, static_cast<Index>(sizeof(double))});
}

TriangularStore::TriangularStore(Index rows, Index entries)
    : entries_(entries),
      stride_(round_up(entries, kLanes<double>)),
      blocks_(round_up(rows, kBlock) / kBlock) {
  Index size = 0;
  for (Index b = 0; b < blocks_; ++b) {
    offsets_.push_back(size);
    size += kBlock * (stride_ - std::min(stride_, kBlock * natural(b, blocks_)));
  }
  data_ = Buffer<double>::zeros(size);
}

TriangularStore::TriangularStore(const double* upper, Index rows, Index entries, Index leading,
                                 double factor)
    : TriangularStore(rows, entries) {
  for (Index i = 0; i < std::min(rows, entries); ++i) {
    const RowTile<double> row = tile(position(i), 1);
    double* to = const_cast<double*>(row.data);
    for (Index j = i; j < entries; ++j) to[j - row.first] = factor * upper[j * leading + i];
  }
}

Index TriangularStore::position(Index i) const noexcept {
  return kBlock * place(i / kBlock, blocks_) + i % kBlock;
}

RowTile<double> TriangularStore::tile(Index i, Index at_most) const noexcept {
  const Index block = i / kBlock, row = i % kBlock;
  const Index first = std::min(stride_, kBlock * natural(block, blocks_));
  const Index length = stride_ - first;
  const double* data = data_.data() + offsets_[to_size(block)] + row * length;
  return {data, length, std::min(at_most, kBlock - row), first, length};
}

}  // namespace ipgd
