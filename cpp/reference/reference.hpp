// The plain double loops. Nothing here is fast; every fast path is tested against it.
#pragma once

#include <cstdint>
#include <vector>

namespace ipgd::reference {

using Numbers = std::vector<double>;

/// m measurement matrices of d1 x d2, row-major one after the other.
struct Operator {
  int m, d1, d2;
  Numbers A;
  double at(int i, int a, int b) const {
    return A[(static_cast<std::size_t>(i) * static_cast<std::size_t>(d1) +
              static_cast<std::size_t>(a)) *
                 static_cast<std::size_t>(d2) +
             static_cast<std::size_t>(b)];
  }
};

/// y_i = sum_ab A_i[a, b] X[a, b]
Numbers forward(const Operator& op, const Numbers& X);
/// G[a, b] = sum_i r_i A_i[a, b]
Numbers adjoint(const Operator& op, const Numbers& r);
/// r = A(X) - y, G = A*(r)
struct ResidualAdjoint {
  Numbers residual, gradient;
};
ResidualAdjoint residual_adjoint(const Operator& op, const Numbers& X, const Numbers& y);

/// A_i with one entry sqrt(d1 d2), at (row[i], col[i])
Operator entries(int d1, int d2, const std::vector<std::int64_t>& row,
                 const std::vector<std::int64_t>& col);
/// A_i = a_i b_iᵀ from the rows of X (m x d1) and Y (m x d2)
Operator rank_one(int m, int d1, int d2, const Numbers& X, const Numbers& Y);
/// left = G R (d1 x rank) and right = Gᵀ L (d2 x rank) for G of d1 x d2
struct Cotangent {
  Numbers left, right;
};
Cotangent cotangent(const Numbers& G, const Numbers& L, const Numbers& R, int d1, int d2, int rank);

/// L Rᵀ for L (rows x rank) and R (cols x rank)
Numbers product(const Numbers& L, const Numbers& R, int rows, int cols, int rank);

/// grad of 1/(4m) ||A(U Uᵀ) - y||^2 = (1/m) sym(A*(r)) U
Numbers symmetric_gradient(const Operator& op, const Numbers& y, const Numbers& U, int rank);
/// grad of 1/(2m) ||A(V Wᵀ) - y||^2 = ( (1/m) A*(r) W, (1/m) A*(r)ᵀ V ), one after the other
Numbers asymmetric_gradient(const Operator& op, const Numbers& y, const Numbers& V,
                            const Numbers& W, int rank);

/// grad of 1/(2m) ||A(W_N ... W_1) - y||^2 layer by layer; `sizes` are h_0, ..., h_N and W_j, one
/// after the other, is h_j x h_{j-1}
Numbers deep_gradient(const Operator& op, const Numbers& y, const Numbers& layers,
                      const std::vector<int>& sizes);

/// The product of the Hessian of c/m sum_i loss(r_i), Theta = L Rᵀ, with (dL, dR), one after the
/// other, from the weights w = loss'(r) and curvatures h = loss''(r):
///   c/m ( G' R + G dR, G'ᵀ L + Gᵀ dL ) ,   G = A*(w),  G' = A*(h A(dL Rᵀ + L dRᵀ))
Numbers factor_hessian(const Operator& op, double c, const Numbers& w, const Numbers& h,
                       const Numbers& L, const Numbers& R, const Numbers& dL, const Numbers& dR,
                       int rank);
/// The same of Theta = U Uᵀ along V: c/m ( (G' + G'ᵀ) U + (G + Gᵀ) V )
Numbers symmetric_hessian(const Operator& op, double c, const Numbers& w, const Numbers& h,
                          const Numbers& U, const Numbers& V, int rank);
/// The same of Theta = W_N ... W_1 along one matrix for each layer: of layer j
///   c/m ( P_jᵀ G' Q_jᵀ + sum over l != j of P_jᵀ G Q_jᵀ with W_l replaced by its direction ) ,
/// P_j = W_N ... W_{j+1}, Q_j = W_{j-1} ... W_1
Numbers deep_hessian(const Operator& op, double c, const Numbers& w, const Numbers& h,
                     const Numbers& layers, const Numbers& directions,
                     const std::vector<int>& sizes);

/// U <- U - step_size grad f(U), `iterations` times
Numbers gradient_descent(const Operator& op, const Numbers& y, Numbers U, int rank,
                         double step_size, int iterations);

/// Box-Muller on Philox4x32-10 with the C library's functions, in double precision
double normal(std::uint64_t key, std::uint64_t i, std::uint64_t j);

}  // namespace ipgd::reference
