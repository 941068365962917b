// What several tests share.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "ipgd/base/normal.hpp"
#include "ipgd/objective/evaluator.hpp"
#include "ipgd/operators/dense/dense.hpp"
#include "reference.hpp"

namespace ipgd::test {

using Numbers = std::vector<double>;

inline constexpr int kThreadCounts[] = {1, 2, 3, 4, 7};

inline int as_int(Index n) { return static_cast<int>(n); }
inline Index length(const Numbers& v) { return static_cast<Index>(v.size()); }

/// n numbers from N(0, 1) of 53 bits; another `stream` gives other numbers. Products of numbers on
/// the float32 grid are exact, so tests of bits could not tell a fused multiply-add from two steps.
inline Numbers normals(Index n, std::uint64_t stream) {
  std::vector<float> z(static_cast<std::size_t>(n));
  fill_normal(20240517, stream, 0, n, z.data());
  Numbers full(z.begin(), z.end());
  for (double& number : full) number *= 1 + 1e-9;
  return full;
}

/// A d x d matrix whose upper triangle mirrors its lower one.
inline void mirror(double* matrix, Index d) {
  for (Index a = 0; a < d; ++a)
    for (Index b = 0; b < a; ++b) matrix[b * d + a] = matrix[a * d + b];
}
inline Numbers symmetric_normals(Index d, std::uint64_t stream) {
  Numbers matrix = normals(d * d, stream);
  mirror(matrix.data(), d);
  return matrix;
}

inline bool same_bits(const double* a, const double* b, Index n) {
  return n == 0 || std::memcmp(a, b, static_cast<std::size_t>(n) * sizeof(double)) == 0;
}
inline bool same_bits(const Numbers& a, const Numbers& b) {
  return a.size() == b.size() && same_bits(a.data(), b.data(), length(a));
}

inline double inner(const Numbers& a, const Numbers& b) {
  long double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j)
    sum += static_cast<long double>(a[j]) * static_cast<long double>(b[j]);
  return static_cast<double>(sum);
}
inline double norm(const Numbers& a) { return std::sqrt(inner(a, a)); }

inline Numbers minus(Numbers a, const Numbers& b) {
  for (std::size_t j = 0; j < a.size(); ++j) a[j] -= b[j];
  return a;
}
inline Numbers scaled(double factor, Numbers a) {
  for (double& value : a) value *= factor;
  return a;
}
/// ||a - b|| / ||b||
inline double relative_error(const Numbers& a, const Numbers& b) {
  REQUIRE(a.size() == b.size());
  return norm(minus(a, b)) / norm(b);
}

/// The operator as the plain loops want it.
inline reference::Operator plain(const DenseOperator& op) {
  const Index size = op.rows() * op.cols();
  Numbers A(static_cast<std::size_t>(op.measurements() * size));
  op.get_rows(0, op.measurements(), A.data());
  return {as_int(op.measurements()), as_int(op.rows()), as_int(op.cols()), A};
}

inline Numbers forward(const Operator& op, const ThetaView& theta, int n_threads = 1) {
  Numbers y(static_cast<std::size_t>(op.measurements()));
  double* out = y.data();
  op.forward(1, &theta, &out, *op.workspace(1), {n_threads, nullptr});
  return y;
}
inline Numbers forward(const Operator& op, const Numbers& X, int n_threads = 1) {
  return forward(op, ThetaView::assembled(X.data(), op.rows(), op.cols()), n_threads);
}

inline Numbers adjoint(const Operator& op, const Numbers& r, int n_threads = 1) {
  Numbers G(static_cast<std::size_t>(op.rows() * op.cols()));
  const double* in = r.data();
  double* out = G.data();
  op.adjoint(1, &in, &out, *op.workspace(1), {n_threads, nullptr});
  return G;
}

inline reference::ResidualAdjoint residual_adjoint(const Operator& op, const Numbers& X,
                                                   const Numbers& y, int n_threads = 1) {
  reference::ResidualAdjoint result;
  result.residual.resize(y.size());
  result.gradient.resize(X.size());
  const ThetaView theta = ThetaView::assembled(X.data(), op.rows(), op.cols());
  const double* in = y.data();
  double* r = result.residual.data();
  double* G = result.gradient.data();
  op.residual_adjoint(1, &theta, &in, &r, &G, *op.workspace(1), {n_threads, nullptr});
  return result;
}

/// The symmetric Gaussian ensemble: isometric storage, as Python draws it.
inline std::unique_ptr<DenseOperator> gaussian(Index m, const Layout& layout,
                                               std::uint64_t key = 7) {
  auto op = make_dense(m, layout, "float64", "float64");
  op->fill_gaussian(key, {});
  return op;
}
inline std::unique_ptr<DenseOperator> symmetric_gaussian(Index m, Index d, std::uint64_t key = 7) {
  return gaussian(m, Layout::symmetric(d, std::sqrt(2.0)), key);
}
inline std::unique_ptr<DenseOperator> rectangular_gaussian(Index m, Index d1, Index d2,
                                                           std::uint64_t key = 7) {
  return gaussian(m, Layout::rectangular(d1, d2), key);
}

/// Loss and gradient of one objective.
inline void evaluate(const Objective& objective, const double* theta, Evaluation& evaluation) {
  Evaluator evaluator(objective.op(), 1);
  evaluator.add(objective, theta, evaluation);
  evaluator.evaluate({});
}

/// Asks to stop from its `allowed`-th poll on.
class StopAfter final : public Interrupt {
 public:
  explicit StopAfter(Index allowed) : left_(allowed) {}
  bool requested() noexcept override { return left_-- <= 0; }

 private:
  Index left_;
};

}  // namespace ipgd::test
