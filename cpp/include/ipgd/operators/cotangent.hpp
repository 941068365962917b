// The gradient with respect to Theta, as the factors of a view see it.
#pragma once

#include "ipgd/base/execution.hpp"
#include "ipgd/operators/theta.hpp"

namespace ipgd {

/// What G = df/dTheta is to the factors of a view: <G, dTheta> = <left, dL> + <right, dR>. Memory
/// of the caller's, row-major. A side that is null is not wanted.
struct Cotangent {
  double* left = nullptr;   // G R, d1 x rank;  (G + Gᵀ) U for U Uᵀ;  G itself for an assembled view
  double* right = nullptr;  // Gᵀ L, d2 x rank;  not touched for U Uᵀ and for an assembled view
};

/// A cotangent to be read.
struct ConstCotangent {
  ConstCotangent(const double* left_, const double* right_) : left(left_), right(right_) {}
  ConstCotangent(const Cotangent& from) : left(from.left), right(from.right) {}
  const double *left, *right;
};

/// The cotangent from an assembled G (d1 x d2), which has to be symmetric where the view is U Uᵀ.
/// Threads share the work of one view.
void apply_to_factors(const double* G, const ThetaView& view, const Cotangent& out,
                      const Execution& execution);

/// The same from any G: where the view is U Uᵀ and G is not `symmetric`, its symmetric part takes
/// its place, which has the same cotangent.
void apply_to_factors(double* G, bool symmetric, const ThetaView& view, const Cotangent& out,
                      const Execution& execution);

/// G <- (G + Gᵀ) / 2
void symmetrise(double* G, Index d) noexcept;

}  // namespace ipgd
