// The parameterization contract: theta -> Theta and the pull-back of a gradient.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ipgd/base/ranges.hpp"
#include "ipgd/operators/operator.hpp"
#include "ipgd/parameterizations/preconditioner.hpp"

namespace ipgd {

/// A named matrix inside the flat parameter vector theta; blocks follow each other, row-major.
struct Block {
  std::string name;
  Index rows, cols;
  double unit = 1;  // a start multiplies its entries by this (sqrt(d) for the length of d ones)
};

/// The matrix to be found, orthonormal bases of its column and row space, and the orthonormal
/// functions phi_i whose coefficients are recorded.
struct Truth {
  Matrix theta;                          // d1 x d2; empty when the truth is known as factors only
  Matrix left;                           // d1 x r
  Matrix right;                          // d2 x r
  Matrix left_factor{}, right_factor{};  // theta = left_factor right_factorᵀ
  Matrix basis{};                        // a row for each phi_i, d1 d2 numbers
};

/// theta = signal + residual: Euclidean norms of the two parts.
struct Split {
  double signal, residual;
};

/// A quantity that can be recorded of one model only: `width` numbers.
struct OwnQuantity {
  const char* name;
  Index width;
};

class Parameterization {
 public:
  virtual ~Parameterization() = default;

  virtual const char* name() const noexcept = 0;
  virtual std::vector<Block> blocks() const = 0;
  virtual Index rows() const noexcept = 0;  // d1 of Theta
  virtual Index cols() const noexcept = 0;  // d2 of Theta
  virtual Index size() const noexcept = 0;  // numbers in theta

  /// True when Theta is always symmetric.
  virtual bool symmetric() const noexcept = 0;

  /// The c of f = c/(2m) ||A(Theta) - y||^2.
  virtual double loss_constant() const noexcept = 0;

  /// Theta(s theta) = s^degree Theta(theta), so theta has the size of Theta^(1/degree).
  virtual Index degree() const noexcept { return 2; }
  /// The Hessian of f at balanced parameters of Theta* is at most
  /// stiffness (1 + delta) sigma_1^(2 - 2/degree) under RIP: what a step size has to respect.
  virtual double stiffness() const noexcept { return 2; }
  /// A good size of the parameters at the start, relative to sigma_1(Theta*)^(1/degree). To leave
  /// it takes about log(1/size) iterations for degree 2, size^(2 - degree) above. That is 100 for
  /// degrees 3 and 4, where Theta starts at 1e-6 and 1e-4 of Theta*.
  virtual double start_size() const noexcept {
    return degree() == 2   ? 1e-8
           : degree() == 3 ? 1e-2
                           : std::pow(1e-4, 1 / static_cast<double>(degree()));
  }
  /// True when Theta is a vector whose entries have parameters of their own.
  virtual bool entrywise() const noexcept { return false; }

  /// The columns of all blocks, where Theta stays the same when these are multiplied from the right
  /// by one orthogonal matrix; else 0.
  virtual Index columns() const noexcept { return 0; }

  /// Throws InvalidArgument when this model cannot be measured by `op`.
  virtual void check(const Operator& op) const = 0;

  /// Columns of the factors in a view; 0 when views are assembled.
  virtual Index view_rank() const noexcept = 0;
  /// Numbers of scratch that view fills and pull_back reads and may overwrite.
  virtual Index scratch_size() const noexcept { return 0; }

  /// Theta as seen from theta; valid as long as theta and scratch are.
  virtual ThetaView view(const double* theta, double* scratch,
                         const Execution& execution) const = 0;

  /// The parameters that Theta's seen rows and columns depend on.
  virtual Ranges parameters_of(const Seen&) const { return Ranges::whole(size()); }

  /// gradient <- scale * the gradient with respect to theta, from the cotangent of the factors of
  /// view(theta, scratch). Where the cotangent is cleared, so is the gradient outside of
  /// parameters_of.
  virtual void pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
                         double* scratch, double* gradient, const Execution& execution) const = 0;

  /// Numbers of work that tangent fills.
  virtual Index tangent_size() const noexcept { return 0; }
  /// dL and dR, the derivatives along v of the factors of view(theta, scratch):
  ///   dTheta = dL Rᵀ + L dRᵀ   (of an assembled view: dTheta itself).
  /// scratch is as view has left it. Valid as long as v and work are.
  virtual ThetaView tangent(const double* theta, const double* v, const double* scratch,
                            double* work, const Execution& execution) const = 0;
  /// out <- scale * the derivative of what pull_back makes of theta and C, along v and dC:
  ///   J(theta)ᵀ dC + (dJ(theta)[v])ᵀ C   for the Jacobian J of the factors.
  /// With C the cotangent of G at theta and dC that of dG at theta plus that of G at tangent(v), it
  /// is the derivative of the gradient. scratch is as view has left it.
  virtual void pull_back_tangent(const double* theta, const double* v, const ConstCotangent& C,
                                 const ConstCotangent& dC, double scale, const double* scratch,
                                 double* out, const Execution& execution) const = 0;

  /// Throws InvalidArgument when no descent can start from these finite numbers.
  virtual void admit(const double*) const {}
  /// theta <- balanced parameters of left diag(values) rightᵀ, for orthonormal columns and as many
  /// descending values >= 0 as the model has room for. Without values theta is zero, except in
  /// models with directions. Throws InvalidArgument when the model has no such parameters.
  virtual void lift(const Matrix& /*left*/, const Vector& values, const Matrix& /*right*/,
                    double* theta) const {
    if (values.size() > 0)
      throw InvalidArgument(
          "init",
          std::string("one that needs no singular vectors for ") + name() + ", such as gaussian",
          "one made of them");
    std::fill_n(theta, size(), 0.0);
  }
  /// The metric by which scaled methods divide the gradient; null for a model that has none.
  virtual std::unique_ptr<Preconditioner> preconditioner(Inverse) const { return nullptr; }

  /// The `count` largest singular values that describe the model, descending.
  virtual Vector singular_values(const double* theta, Index count) const = 0;
  /// How many singular values there are.
  virtual Index spectrum_size() const noexcept = 0;

  /// The quantity that only this model has, if there is one.
  virtual std::optional<OwnQuantity> own_quantity() const { return std::nullopt; }
  /// Its numbers.
  virtual void measure_own(const double* /*theta*/, double* /*out*/) const {}

  /// Norms of the parts of theta (or of Theta, where the model says so) inside and outside the
  /// truth's column (and row) space, or on and off its support.
  virtual Split split(const double* theta, const Truth& truth) const = 0;
  /// The rate at which the second of these parts, x, grows while theta moves along -`along`:
  ///   -<x, dx> / ||x||^2 ,   dx the derivative of x along `along`
  /// Of x = 0 it is 0 where dx = 0, too, and infinite elsewhere.
  virtual double deviation_rate(const double* theta, const double* along,
                                const Truth& truth) const = 0;
};

}  // namespace ipgd
