// The Hessian of f, by its products with directions.
#pragma once

#include <vector>

#include "ipgd/objective/objective.hpp"

namespace ipgd {

/// dTheta = dL Rᵀ + L dRᵀ = [dL, L] [R, dR]ᵀ from L Rᵀ and the factors dL, dR of a tangent, in the
/// memory given.
ThetaView tangent_matrix(const ThetaView& view, const ThetaView& dview, double* left,
                         double* right);

/// The Hessian of f at one theta. With the residual r, weights w = loss'(r), curvatures
/// h = loss''(r), the factors L, R of Theta and their Jacobian J,
///   H v = c/m ( Jᵀ C(A*(h A(dTheta[v]))) + Jᵀ C_v(A*(w)) + (dJ[v])ᵀ C(A*(w)) ) ,
/// where C(G) = (G R, Gᵀ L) is the cotangent of G and C_v(G) = (G dR, Gᵀ dL) that along v.
///
/// Only the first term needs A for each direction.
class Hessian {
 public:
  /// Keeps references to all three: `at` is the evaluation of the objective at theta, on all
  /// measurements. One pass over A where A*(w) is formed, none where it is not. Throws Interrupted.
  Hessian(const Objective& objective, const double* theta, const Evaluation& at,
          const Execution& execution);

  const Objective& objective() const noexcept { return objective_; }

 private:
  friend class HessianProducts;

  const Objective& objective_;
  const double* theta_;
  const Evaluation& at_;
  Buffer<double> scratch_;    // as the model's view leaves it
  ThetaView view_;            // L Rᵀ at theta
  Buffer<double> weights_;    // w; empty for the squared loss, whose weights are r
  Buffer<double> curvature_;  // h; empty for the squared loss, whose curvature is 1
  Buffer<double> G_;          // A*(w); empty for an operator that does not form it
};

/// Products of Hessians with directions, many in one pass over A (two where A*(w) is not formed).
/// Each product has the same bits alone or with others, for any number of threads.
class HessianProducts {
 public:
  /// For up to `capacity` products at once, of objectives of this operator.
  HessianProducts(const Operator& op, Index capacity);
  /// Asks for out <- H v; both have as many numbers as theta.
  void add(const Hessian& hessian, const double* v, double* out);
  /// Does all products that were asked for, and forgets them. Throws Interrupted.
  void evaluate(const Execution& execution);

 private:
  struct Request {
    const Hessian* hessian;
    const double* v;
    double* out;
  };
  // What one product works in.
  struct Scratch {
    void reserve(const Objective& objective);
    Buffer<double> work;                     // of the model's tangent
    Buffer<double> left, right;              // [dL, L], [R, dR]
    Buffer<double> residual;                 // A(dTheta)
    Buffer<double> left_slope, right_slope;  // cotangents of these two
    Buffer<double> left_known, right_known;  // of (dL, dR) under A*(w)
  };
  void pass(const Execution& execution);

  const Operator& op_;
  std::unique_ptr<Operator::Workspace> workspace_;
  Buffer<double> zeros_;  // y of the linear part
  std::vector<Request> requests_;
  std::vector<Scratch> scratch_;
};

}  // namespace ipgd
