// Every operator with a model that it can measure.
#pragma once

#include <string>

#include "ipgd/parameterizations/asymmetric_factor.hpp"
#include "ipgd/parameterizations/symmetric_factor.hpp"
#include "operators/dense/dense_cases.hpp"
#include "operators/factored/factored_cases.hpp"

namespace ipgd::test {

struct Pairing {
  std::string name;
  const Operator& op;
  const Parameterization& model;
  double rounding;  // of sums, relative to their terms
};

/// f(pairing) for dense operators of every storage and for those that take factors.
template <class F>
void for_pairings(Index m, Index d, Index k, const F& f) {
  const SymmetricFactor symmetric(d, k);
  const auto pair = [&](const std::string& name, const Operator& op, double rounding) {
    const AsymmetricFactor asymmetric(op.rows(), op.cols(), k);
    const Parameterization& model =
        op.symmetric() ? static_cast<const Parameterization&>(symmetric) : asymmetric;
    f(Pairing{name, op, model, rounding});
    if (!op.symmetric() && op.rows() == op.cols())
      f(Pairing{name + " and U U'", op, symmetric, rounding});
  };
  for (const bool is_symmetric : {true, false})
    for (const char* storage : {"float64", "float32", "bfloat16", "int8"})
      for (const char* sums : {"float64", "float32"}) {
        if (std::string(storage) == "float64" && std::string(sums) == "float32") continue;
        const Layout layout =
            is_symmetric ? Layout::symmetric(d, std::sqrt(2.0)) : Layout::rectangular(d, d);
        const auto op = make_dense(m, layout, storage, sums);
        op->fill_gaussian(3, {});
        pair(std::string(storage) + ", " + sums, *op,
             std::string(sums) == "float64" ? 1e-12 : 1e-5);
      }
  pair("rectangular", *rectangular_gaussian(m, d, d + 2), 1e-12);
  pair("entries", *EntriesCase::make(m, d, d + 2).op, 1e-12);
  pair("square entries", *EntriesCase::make(m, d, d).op, 1e-12);
  pair("symmetric rank one", *SymmetricRankOne::make(m, d, d).op, 1e-12);
  pair("rank one", *RankOne::make(m, d, d + 2).op, 1e-12);
  pair("square rank one", *RankOne::make(m, d, d).op, 1e-12);
}

/// The squared loss, as if it were any other.
class SquaredAsFunction final : public Loss {
 public:
  const char* name() const noexcept override { return "squared"; }
  double value(double r, double) const noexcept override { return 0.5 * r * r; }
  double weight(double r, double) const noexcept override { return r; }
  double curvature(double, double) const noexcept override { return 1; }
  double largest_curvature() const noexcept override { return 1; }
  double largest_weight(double r, double) const noexcept override { return r; }
};

/// m labels 0 and 1.
inline Numbers labels(Index m, std::uint64_t stream) {
  Numbers y = normals(m, stream);
  for (double& value : y) value = value > 0 ? 1 : 0;
  return y;
}

}  // namespace ipgd::test
