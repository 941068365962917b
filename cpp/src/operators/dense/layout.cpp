#include "ipgd/operators/dense/layout.hpp"

#include <algorithm>

namespace ipgd {

void Layout::compress(const double* A, double* stored) const noexcept {
  if (!symmetric_) {
    std::copy_n(A, rows_ * cols_, stored);
    return;
  }
  const Index d = rows_;
  for (Index i = 0; i < d; ++i) {
    for (Index j = 0; j < i; ++j) {
      const double a = A[i * d + j], b = A[j * d + i];
      *stored++ =
          scale_ * (a == b ? a : 0.5 * a + 0.5 * b);  // halves of the smallest numbers vanish
    }
    *stored++ = A[i * d + i];
  }
}

void Layout::expand(const double* stored, double* A) const noexcept { unpack(stored, 0, rows_, A); }

template <class Sum>
void Layout::pack(const double* theta, Index begin, Index end, Sum* x,
                  double factor) const noexcept {
  const double weight = factor * (symmetric_ ? 2.0 / scale_ : 1.0);
  for (Index i = begin; i < end; ++i) {
    Sum* to = x + start(i);
    const double* from = theta + i * cols_;
    const Index n = width(i);
    for (Index j = 0; j < n; ++j) to[j] = static_cast<Sum>(weight * from[j]);
    if (symmetric_) to[i] = static_cast<Sum>(factor * from[i]);
  }
}

template <class Sum>
void Layout::unpack(const Sum* g, Index begin, Index end, double* G, double factor) const noexcept {
  const double weight = factor / scale_;
  for (Index i = begin; i < end; ++i) {
    const Sum* from = g + start(i);
    double* to = G + i * cols_;
    const Index n = width(i);
    for (Index j = 0; j < n; ++j) to[j] = weight * static_cast<double>(from[j]);
    if (symmetric_) to[i] = factor * static_cast<double>(from[i]);
  }
  if (!symmetric_) return;
  constexpr Index kTile = 8;  // columns mirrored together: one cache line of each row
  for (Index j = 0; j < end; j += kTile)
    for (Index i = std::max(begin, j); i < end; ++i)
      for (Index c = j; c < std::min(j + kTile, i); ++c) G[c * cols_ + i] = G[i * cols_ + c];
}

template void Layout::pack(const double*, Index, Index, double*, double) const noexcept;
template void Layout::pack(const double*, Index, Index, float*, double) const noexcept;
template void Layout::unpack(const double*, Index, Index, double*, double) const noexcept;
template void Layout::unpack(const float*, Index, Index, double*, double) const noexcept;

}  // namespace ipgd
