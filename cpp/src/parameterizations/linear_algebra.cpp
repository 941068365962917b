#include "ipgd/parameterizations/linear_algebra.hpp"

#include "ipgd/base/error.hpp"

namespace ipgd {

Projection project(const Matrix& Q, const ConstMatrixMap& X) {
  const Matrix coordinates = Q.transpose() * X;
  Matrix outside = X;
  outside.noalias() -= Q * coordinates;
  return {coordinates.norm(), outside.norm()};
}

void require_positive(const char* argument, Index value) {
  if (value < 1) throw InvalidArgument(argument, "a size of at least 1", std::to_string(value));
}

std::string shape_text(Index rows, Index cols) {
  return std::to_string(rows) + " x " + std::to_string(cols);
}

}  // namespace ipgd
