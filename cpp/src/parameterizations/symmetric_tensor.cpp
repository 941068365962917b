#include "ipgd/parameterizations/symmetric_tensor.hpp"

#include <algorithm>
#include <cmath>

#include "ipgd/base/buffer.hpp"
#include "ipgd/base/sums.hpp"
#include "ipgd/parameterizations/linear_algebra.hpp"

namespace ipgd {
namespace {

Index entries(Index dimension, Index order) {
  require_positive("dimension", dimension);
  if (order < 2) throw InvalidArgument("order", "an order of at least 2", std::to_string(order));
  Index total = 1;
  for (Index p = 0; p < order; ++p) total = checked_product({total, dimension});
  return total;
}

/// to[r] <- sum_a u[a] from[a, r]: the first place of d x rest numbers. They may be the same.
void contract_first(const double* from, const double* u, Index d, Index rest, double* to) {
  for (Index r = 0; r < rest; ++r) to[r] = u[0] * from[r];
  for (Index a = 1; a < d; ++a)
    for (Index r = 0; r < rest; ++r) to[r] += u[a] * from[a * rest + r];
}

/// to[q] <- sum_b from[q, b] u[b]: the last place. They may be the same.
void contract_last(const double* from, const double* u, Index d, Index rest, double* to) {
  for (Index q = 0; q < rest; ++q) {
    double sum = 0;
    for (Index b = 0; b < d; ++b) sum += from[q * d + b] * u[b];
    to[q] = sum;
  }
}

}  // namespace

// scratch = Theta, 1, u_j, and two tensors of order p - 1.

SymmetricTensor::SymmetricTensor(Index dimension, Index order, Index search_rank)
    : VectorModel(entries(dimension, order)), n_(dimension), order_(order), k_(search_rank) {
  require_positive("search_rank", search_rank);
  checked_product({dimension, search_rank});
}

const double* SymmetricTensor::column(const double* theta, Index j, double* scratch) const {
  double* const u = scratch + d_ + 1;
  for (Index a = 0; a < n_; ++a) u[a] = theta[a * k_ + j];
  return u;
}

void SymmetricTensor::fill(const double* theta, double* scratch) const {
  std::fill_n(scratch, d_, 0.0);
  double* const power = scratch + d_ + 1 + n_;
  for (Index j = 0; j < k_; ++j) {
    const double* const u = column(theta, j, scratch);
    std::copy_n(u, n_, power);
    Index length = n_;
    for (Index p = 2; p < order_; ++p, length *= n_)
      for (Index a = length; a-- > 0;) {  // from the end: what is read is not yet overwritten
        const double factor = power[a];
        for (Index b = 0; b < n_; ++b) power[a * n_ + b] = factor * u[b];
      }
    for (Index a = 0; a < length; ++a)
      for (Index b = 0; b < n_; ++b) scratch[a * n_ + b] += power[a] * u[b];
  }
}

void SymmetricTensor::pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
                                double* scratch, double* gradient, const Execution&) const {
  const Index rest = d_ / n_;
  double *const front = scratch + d_ + 1 + n_, *const back = front + rest;
  for (Index j = 0; j < k_; ++j) {
    const double* const u = column(theta, j, scratch);
    for (Index a = 0; a < n_; ++a) gradient[a * k_ + j] = 0;
    const double* G = cotangent.left;  // u_j in the places before this one
    Index length = d_;
    for (Index place = 0; place < order_; ++place) {
      const double* inner = G;
      Index size = length;
      for (Index after = place + 1; after < order_; ++after, inner = back)
        contract_last(inner, u, n_, size /= n_, back);
      for (Index a = 0; a < n_; ++a) gradient[a * k_ + j] += scale * inner[a];
      if (place + 1 < order_) contract_first(G, u, n_, length /= n_, front);
      G = front;
    }
  }
}

// Of U along V: in each term one place has v_j instead of u_j.
void SymmetricTensor::differentiate(const double* theta, const double* v, double* out) const {
  std::fill_n(out, d_, 0.0);
  Vector power(d_), u(n_), du(n_);
  for (Index j = 0; j < k_; ++j) {
    for (Index a = 0; a < n_; ++a) u[a] = theta[a * k_ + j], du[a] = v[a * k_ + j];
    for (Index moved = 0; moved < order_; ++moved) {
      power[0] = 1;
      Index length = 1;
      for (Index place = 0; place < order_; ++place, length *= n_) {
        const Vector& factor = place == moved ? du : u;
        for (Index a = length; a-- > 0;) {  // from the end: what is read is not yet overwritten
          const double before = power[a];
          for (Index b = 0; b < n_; ++b) power[a * n_ + b] = before * factor[b];
        }
      }
      for (Index a = 0; a < d_; ++a) out[a] += power[a];
    }
  }
}

void SymmetricTensor::pull_back_tangent(const double* theta, const double* v,
                                        const ConstCotangent& C, const ConstCotangent& dC,
                                        double scale, const double*, double* out,
                                        const Execution&) const {
  Vector work(d_), u(n_), du(n_);
  // to_a += scale * G with u_j in all places but `open`, and v_j instead in the place `moved`
  const auto add = [&](const double* G, Index open, Index moved, Index j) {
    std::copy_n(G, d_, work.data());
    Index length = d_;
    for (Index place = order_; place-- > open + 1;)
      contract_last(work.data(), place == moved ? du.data() : u.data(), n_, length /= n_,
                    work.data());
    for (Index place = 0; place < open; ++place)
      contract_first(work.data(), place == moved ? du.data() : u.data(), n_, length /= n_,
                     work.data());
    for (Index a = 0; a < n_; ++a) out[a * k_ + j] += scale * work[a];
  };
  std::fill_n(out, size(), 0.0);
  for (Index j = 0; j < k_; ++j) {
    for (Index a = 0; a < n_; ++a) u[a] = theta[a * k_ + j], du[a] = v[a * k_ + j];
    for (Index open = 0; open < order_; ++open) {
      add(dC.left, open, order_, j);
      for (Index moved = 0; moved < order_; ++moved)
        if (moved != open) add(C.left, open, moved, j);
    }
  }
}

Vector SymmetricTensor::singular_values(const double* theta, Index count) const {
  Vector sizes =
      ConstMatrixMap(theta, n_, k_).colwise().norm().array().pow(static_cast<double>(order_));
  std::sort(sizes.data(), sizes.data() + k_, std::greater<>());
  return sizes.head(count);
}

Split SymmetricTensor::split(const double* theta, const Truth& truth) const {
  Buffer<double> scratch(scratch_size());
  fill(theta, scratch.data());
  const Projection parts = project(truth.left, ConstMatrixMap(scratch.data(), d_, 1));
  return {parts.inside, parts.outside};
}

double SymmetricTensor::deviation_rate(const double* theta, const double* along,
                                       const Truth& truth) const {
  Buffer<double> scratch(scratch_size()), slope(d_);
  fill(theta, scratch.data());
  differentiate(theta, along, slope.data());
  const Matrix x = outside(truth.left, ConstMatrixMap(scratch.data(), d_, 1));
  const Matrix dx = outside(truth.left, ConstMatrixMap(slope.data(), d_, 1));
  return growth_rate(x.data(), dx.data(), d_);
}

}  // namespace ipgd
