#include "ipgd/parameterizations/linear_algebra.hpp"

#include <algorithm>

#include "ipgd/base/error.hpp"

namespace ipgd {

Projection project(const Matrix& Q, const ConstMatrixMap& X) {
  const Matrix coordinates = Q.transpose() * X;
  Matrix outside = X;
  outside.noalias() -= Q * coordinates;
  return {coordinates.norm(), outside.norm()};
}

Matrix outside(const Matrix& Q, const ConstMatrixMap& X) {
  Matrix rest = X;
  rest.noalias() -= Q * (Q.transpose() * X);
  return rest;
}

void fill_scaled_columns(const Matrix& X, const Vector& factors, MatrixMap out) {
  out.setZero();
  const Index n = std::min(out.cols(), factors.size());
  for (Index j = 0; j < n; ++j) out.col(j) = factors[j] * X.col(j);
}

void scale_rows(double scale, const double* from, const std::vector<Index>* rows, Index count,
                Index width, double* to) {
  const auto run = [&](Index begin, Index end) {
    for (Index j = begin; j < end; ++j) to[j] = scale * from[j];
  };
  if (rows == nullptr) return run(0, count * width);
  for (const Index i : *rows) run(i * width, (i + 1) * width);
}

void require_positive(const char* argument, Index value) {
  if (value < 1) throw InvalidArgument(argument, "a size of at least 1", std::to_string(value));
}

std::string shape_text(Index rows, Index cols) {
  return std::to_string(rows) + " x " + std::to_string(cols);
}

}  // namespace ipgd
