// The curvature of f along a direction.
#pragma once

#include <vector>

#include "ipgd/objective/objective.hpp"

namespace ipgd {

/// vᵀ H v for the Hessian H of f, exactly, for many objectives of one operator in one pass forward
/// over A. With the residual r, w = loss'(r), h = loss''(r) and the factors L, R of Theta,
///   vᵀ H v = c/m sum_i ( h_i <A_i, dTheta>^2 + 2 w_i <A_i, dL dRᵀ> ) + <C, d²(L, R)> ,
/// where dTheta = dL Rᵀ + L dRᵀ and C = c/m (A*(w) R, A*(w)ᵀ L) is known from the gradient.
class Curvatures {
 public:
  /// For up to `capacity` of them at once; allocates the memory of the pass.
  Curvatures(const Operator& op, Index capacity);
  /// Asks for out <- vᵀ H v at theta, where `at` is the evaluation on all measurements.
  void add(const Objective& objective, const double* theta, const Evaluation& at, const double* v,
           double* out);
  /// Finds all that were asked for, and forgets them. Throws Interrupted.
  void evaluate(const Execution& execution);

 private:
  struct Request {
    const Objective* objective;
    const double* theta;
    const Evaluation* at;
    const double* v;
    double* out;
  };
  // What one of them works in.
  struct Scratch {
    void reserve(const Objective& objective);
    Buffer<double> view, work;           // of the model's view and tangent
    Buffer<double> left, right;          // [dL, L], [R, dR]
    Buffer<double> image, second_image;  // A(dTheta), A(dL dRᵀ)
    Buffer<double> weights;              // h A(dTheta), then w
    Buffer<double> zeros, product;
  };
  void pass(const Execution& execution);

  const Operator& op_;
  std::unique_ptr<Operator::Workspace> workspace_;
  std::vector<Request> requests_;
  std::vector<Scratch> scratch_;
};

}  // namespace ipgd
