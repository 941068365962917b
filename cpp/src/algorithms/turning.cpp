#include "ipgd/algorithms/turning.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "ipgd/base/sums.hpp"

namespace ipgd {
namespace {

// 2^exponent times numbers of length 1 to 2.
struct ScaledColumn {
  double* numbers;
  double length;
  int exponent;
};

// Makes two columns orthogonal; `large` is not much shorter than `small`. With
// tan(2 phi) = 2 a.b / (a.a - b.b) and t = tan(phi), |phi| <= pi/4,
//   a <- cos(phi) (a + t b),  b <- cos(phi) (b - t a) .
// In the units of the columns, b = ratio b', t = ratio q: q neither overflows nor underflows.
void rotate(const ScaledColumn& large, const ScaledColumn& small, Index rows) {
  double *const a = large.numbers, *const b = small.numbers;
  const double c = dot(a, b, rows), p = dot(a, a, rows), s = dot(b, b, rows);
  if (!(std::abs(c) > 0x1p-53 * std::sqrt(p * s))) return;
  const double ratio = std::ldexp(1.0, small.exponent - large.exponent);
  const double half = (p - ratio * ratio * s) / 2;
  const double q = c / (half + std::copysign(std::hypot(half, ratio * c), half));
  const double cosine = 1 / std::hypot(1.0, ratio * q), t = ratio * ratio * q;
  for (Index i = 0; i < rows; ++i) {
    const double x = a[i], y = b[i];
    a[i] = cosine * (x + t * y);
    b[i] = cosine * (y - q * x);
  }
}

}  // namespace

void turn_columns(double* X, Index rows, Index k, double* work) {
  std::vector<ScaledColumn> columns;
  for (Index l = 0; l < k; ++l) {
    double* const numbers = work + l * rows;
    for (Index i = 0; i < rows; ++i) numbers[i] = X[i * k + l];
    const double length = norm(numbers, rows);
    const bool regular = length > 0 && std::isfinite(length);
    columns.push_back({numbers, length, regular ? std::ilogb(length) : 0});
    if (!std::isfinite(length)) return;
  }
  std::stable_sort(
      columns.begin(), columns.end(),
      [](const ScaledColumn& a, const ScaledColumn& b) { return a.length > b.length; });
  const auto turning = std::find_if(columns.begin(), columns.end(),
                                    [](const ScaledColumn& column) { return column.length == 0; });
  for (auto column = columns.begin(); column != turning; ++column)
    for (Index i = 0; i < rows; ++i)
      column->numbers[i] = std::ldexp(column->numbers[i], -column->exponent);
  for (auto large = columns.begin(); large != turning; ++large)
    for (auto small = large + 1; small < turning; ++small) rotate(*large, *small, rows);
  for (Index l = 0; l < k; ++l) {
    const ScaledColumn& column = columns[static_cast<std::size_t>(l)];
    for (Index i = 0; i < rows; ++i) X[i * k + l] = std::ldexp(column.numbers[i], column.exponent);
  }
}

}  // namespace ipgd
