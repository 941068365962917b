#include "ipgd/operators/layout.hpp"

#include <algorithm>

namespace ipgd {

void SymmetricLayout::compress(const double* A, double* stored) const noexcept {
  for (Index i = 0; i < d_; ++i) {
    for (Index j = 0; j < i; ++j) *stored++ = scale_ * (0.5 * A[i * d_ + j] + 0.5 * A[j * d_ + i]);
    *stored++ = A[i * d_ + i];
  }
}

void SymmetricLayout::expand(const double* stored, double* A) const noexcept {
  const double weight = 1.0 / scale_;
  for (Index i = 0; i < d_; ++i) {
    for (Index j = 0; j < i; ++j) A[i * d_ + j] = A[j * d_ + i] = weight * *stored++;
    A[i * d_ + i] = *stored++;
  }
}

void SymmetricLayout::pack(const double* theta, double* x) const noexcept {
  const double weight = 2.0 / scale_;
  for (Index i = 0; i < d_; ++i) {
    for (Index j = 0; j < i; ++j) *x++ = weight * theta[i * d_ + j];
    *x++ = theta[i * d_ + i];
  }
}

void RectangularLayout::compress(const double* A, double* stored) const noexcept {
  std::copy_n(A, rows_ * cols_, stored);
}

void RectangularLayout::expand(const double* stored, double* A) const noexcept {
  std::copy_n(stored, rows_ * cols_, A);
}

void RectangularLayout::pack(const double* theta, double* x) const noexcept {
  std::copy_n(theta, rows_ * cols_, x);
}

}  // namespace ipgd
