#include "reference.hpp"

#include <cmath>

#include "ipgd/base/philox.hpp"

namespace ipgd::reference {
namespace {

std::size_t at(int row, int col, int cols) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(cols) +
         static_cast<std::size_t>(col);
}

}  // namespace

Numbers forward(const Operator& op, const Numbers& X) {
  Numbers y(static_cast<std::size_t>(op.m));
  for (int i = 0; i < op.m; ++i)
    for (int a = 0; a < op.d1; ++a)
      for (int b = 0; b < op.d2; ++b)
        y[static_cast<std::size_t>(i)] += op.at(i, a, b) * X[at(a, b, op.d2)];
  return y;
}

Numbers adjoint(const Operator& op, const Numbers& r) {
  Numbers G(at(op.d1, 0, op.d2));
  for (int i = 0; i < op.m; ++i)
    for (int a = 0; a < op.d1; ++a)
      for (int b = 0; b < op.d2; ++b)
        G[at(a, b, op.d2)] += r[static_cast<std::size_t>(i)] * op.at(i, a, b);
  return G;
}

ResidualAdjoint residual_adjoint(const Operator& op, const Numbers& X, const Numbers& y) {
  Numbers r = forward(op, X);
  for (std::size_t i = 0; i < r.size(); ++i) r[i] -= y[i];
  return {r, adjoint(op, r)};
}

Operator entries(int d1, int d2, const std::vector<std::int64_t>& row,
                 const std::vector<std::int64_t>& col) {
  Operator op{static_cast<int>(row.size()), d1, d2, Numbers(row.size() * at(d1, 0, d2))};
  for (std::size_t i = 0; i < row.size(); ++i)
    op.A[i * at(d1, 0, d2) + at(static_cast<int>(row[i]), static_cast<int>(col[i]), d2)] =
        std::sqrt(static_cast<double>(d1) * d2);
  return op;
}

Operator rank_one(int m, int d1, int d2, const Numbers& X, const Numbers& Y) {
  Operator op{m, d1, d2, {}};
  for (int i = 0; i < m; ++i)
    for (int a = 0; a < d1; ++a)
      for (int b = 0; b < d2; ++b) op.A.push_back(X[at(i, a, d1)] * Y[at(i, b, d2)]);
  return op;
}

Cotangent cotangent(const Numbers& G, const Numbers& L, const Numbers& R, int d1, int d2,
                    int rank) {
  Cotangent out{Numbers(L.size()), Numbers(R.size())};
  for (int a = 0; a < d1; ++a)
    for (int b = 0; b < d2; ++b)
      for (int l = 0; l < rank; ++l) {
        out.left[at(a, l, rank)] += G[at(a, b, d2)] * R[at(b, l, rank)];
        out.right[at(b, l, rank)] += G[at(a, b, d2)] * L[at(a, l, rank)];
      }
  return out;
}

Numbers product(const Numbers& L, const Numbers& R, int rows, int cols, int rank) {
  Numbers X(at(rows, 0, cols));
  for (int a = 0; a < rows; ++a)
    for (int b = 0; b < cols; ++b)
      for (int l = 0; l < rank; ++l) X[at(a, b, cols)] += L[at(a, l, rank)] * R[at(b, l, rank)];
  return X;
}

Numbers symmetric_gradient(const Operator& op, const Numbers& y, const Numbers& U, int rank) {
  const int d = op.d1;
  const Numbers G = residual_adjoint(op, product(U, U, d, d, rank), y).gradient;
  Numbers gradient(U.size());
  for (int a = 0; a < d; ++a)
    for (int b = 0; b < d; ++b)
      for (int l = 0; l < rank; ++l)
        gradient[at(a, l, rank)] +=
            0.5 * (G[at(a, b, d)] + G[at(b, a, d)]) * U[at(b, l, rank)] / op.m;
  return gradient;
}

Numbers asymmetric_gradient(const Operator& op, const Numbers& y, const Numbers& V,
                            const Numbers& W, int rank) {
  const Numbers G = residual_adjoint(op, product(V, W, op.d1, op.d2, rank), y).gradient;
  Numbers gradient(V.size() + W.size());
  for (int a = 0; a < op.d1; ++a)
    for (int b = 0; b < op.d2; ++b)
      for (int l = 0; l < rank; ++l) {
        gradient[at(a, l, rank)] += G[at(a, b, op.d2)] * W[at(b, l, rank)] / op.m;
        gradient[V.size() + at(b, l, rank)] += G[at(a, b, op.d2)] * V[at(a, l, rank)] / op.m;
      }
  return gradient;
}

namespace {

struct Plain {
  int rows, cols;
  Numbers entries;
};

Plain times(const Plain& X, const Plain& Y) {
  Plain out{X.rows, Y.cols, Numbers(at(X.rows, 0, Y.cols))};
  for (int a = 0; a < X.rows; ++a)
    for (int b = 0; b < Y.cols; ++b)
      for (int l = 0; l < X.cols; ++l)
        out.entries[at(a, b, Y.cols)] += X.entries[at(a, l, X.cols)] * Y.entries[at(l, b, Y.cols)];
  return out;
}

Plain transposed(const Plain& X) {
  Plain out{X.cols, X.rows, Numbers(X.entries.size())};
  for (int a = 0; a < X.rows; ++a)
    for (int b = 0; b < X.cols; ++b) out.entries[at(b, a, X.rows)] = X.entries[at(a, b, X.cols)];
  return out;
}

std::vector<Plain> layers_of(const Numbers& layers, const std::vector<int>& sizes) {
  std::vector<Plain> W;
  auto from = layers.begin();
  for (std::size_t j = 1; j < sizes.size(); ++j) {
    const auto length = static_cast<std::ptrdiff_t>(sizes[j]) * sizes[j - 1];
    W.push_back({sizes[j], sizes[j - 1], Numbers(from, from + length)});
    from += length;
  }
  return W;
}

// (W_N ... W_{j+1})ᵀ G (W_{j-1} ... W_1)ᵀ
Plain layer_gradient(const Plain& G, const std::vector<Plain>& W, std::size_t j) {
  Plain slope = G;
  for (std::size_t l = W.size(); l-- > j + 1;) slope = times(transposed(W[l]), slope);
  for (std::size_t l = 0; l < j; ++l) slope = times(slope, transposed(W[l]));
  return slope;
}

Numbers whole(const std::vector<Plain>& W) {
  Plain theta = W[0];
  for (std::size_t j = 1; j < W.size(); ++j) theta = times(W[j], theta);
  return theta.entries;
}

}  // namespace

Numbers deep_gradient(const Operator& op, const Numbers& y, const Numbers& layers,
                      const std::vector<int>& sizes) {
  const std::vector<Plain> W = layers_of(layers, sizes);
  const Plain G{op.d1, op.d2, residual_adjoint(op, whole(W), y).gradient};
  Numbers gradient;
  for (std::size_t j = 0; j < W.size(); ++j)
    for (const double entry : layer_gradient(G, W, j).entries) gradient.push_back(entry / op.m);
  return gradient;
}

Numbers factor_hessian(const Operator& op, double c, const Numbers& w, const Numbers& h,
                       const Numbers& L, const Numbers& R, const Numbers& dL, const Numbers& dR,
                       int rank) {
  Numbers dtheta = product(dL, R, op.d1, op.d2, rank);
  const Numbers other = product(L, dR, op.d1, op.d2, rank);
  for (std::size_t j = 0; j < dtheta.size(); ++j) dtheta[j] += other[j];
  Numbers image = forward(op, dtheta);
  for (std::size_t i = 0; i < image.size(); ++i) image[i] *= h[i];
  const Cotangent linear = cotangent(adjoint(op, image), L, R, op.d1, op.d2, rank);
  const Cotangent known = cotangent(adjoint(op, w), dL, dR, op.d1, op.d2, rank);
  Numbers out;
  for (std::size_t j = 0; j < L.size(); ++j)
    out.push_back(c / op.m * (linear.left[j] + known.left[j]));
  for (std::size_t j = 0; j < R.size(); ++j)
    out.push_back(c / op.m * (linear.right[j] + known.right[j]));
  return out;
}

Numbers symmetric_hessian(const Operator& op, double c, const Numbers& w, const Numbers& h,
                          const Numbers& U, const Numbers& V, int rank) {
  const Numbers both = factor_hessian(op, c, w, h, U, U, V, V, rank);
  Numbers out(U.size());
  for (std::size_t j = 0; j < U.size(); ++j) out[j] = both[j] + both[U.size() + j];
  return out;
}

Numbers deep_hessian(const Operator& op, double c, const Numbers& w, const Numbers& h,
                     const Numbers& layers, const Numbers& directions,
                     const std::vector<int>& sizes) {
  const std::vector<Plain> W = layers_of(layers, sizes), V = layers_of(directions, sizes);
  Numbers dtheta(at(op.d1, 0, op.d2));
  for (std::size_t l = 0; l < W.size(); ++l) {
    std::vector<Plain> moved = W;
    moved[l] = V[l];
    const Numbers term = whole(moved);
    for (std::size_t j = 0; j < dtheta.size(); ++j) dtheta[j] += term[j];
  }
  Numbers image = forward(op, dtheta);
  for (std::size_t i = 0; i < image.size(); ++i) image[i] *= h[i];
  const Plain linear{op.d1, op.d2, adjoint(op, image)}, known{op.d1, op.d2, adjoint(op, w)};
  Numbers out;
  for (std::size_t j = 0; j < W.size(); ++j) {
    Plain sum = layer_gradient(linear, W, j);
    for (std::size_t l = 0; l < W.size(); ++l) {
      if (l == j) continue;
      std::vector<Plain> moved = W;
      moved[l] = V[l];
      const Plain term = layer_gradient(known, moved, j);
      for (std::size_t e = 0; e < sum.entries.size(); ++e) sum.entries[e] += term.entries[e];
    }
    for (const double entry : sum.entries) out.push_back(c / op.m * entry);
  }
  return out;
}

Numbers gradient_descent(const Operator& op, const Numbers& y, Numbers U, int rank,
                         double step_size, int iterations) {
  for (int t = 0; t < iterations; ++t) {
    const Numbers gradient = symmetric_gradient(op, y, U, rank);
    for (std::size_t j = 0; j < U.size(); ++j) U[j] -= step_size * gradient[j];
  }
  return U;
}

double normal(std::uint64_t key, std::uint64_t i, std::uint64_t j) {
  const std::uint64_t block = j / 4;
  const PhiloxCounter w =
      philox4x32_10({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
                     static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i >> 32)},
                    {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
  const std::size_t pair = j % 4 / 2;
  const double u = (w[2 * pair] + 0.5) * 0x1p-32;
  const double angle = 2 * M_PI * (w[2 * pair + 1] * 0x1p-32);
  return std::sqrt(-2 * std::log(u)) * (j % 2 == 0 ? std::cos(angle) : std::sin(angle));
}

}  // namespace ipgd::reference
