// The operators that never form Theta, each with the plain matrices that it stands for.
#pragma once

#include <algorithm>

#include "helpers.hpp"
#include "ipgd/operators/adjoint_times.hpp"
#include "ipgd/operators/factored/entries.hpp"
#include "ipgd/operators/factored/rank_one.hpp"

namespace ipgd::test {

struct Made {
  std::unique_ptr<Operator> op;
  Numbers X, Y;                        // rank one
  std::vector<std::int64_t> row, col;  // entries, in the operator's order
  reference::Operator plain() const {
    const int d1 = as_int(op->rows()), d2 = as_int(op->cols());
    return row.empty() ? reference::rank_one(as_int(op->measurements()), d1, d2, X, Y)
                       : reference::entries(d1, d2, row, col);
  }
};

inline std::vector<std::int64_t> some_indices(Index count, Index below, std::uint64_t stream) {
  std::vector<std::int64_t> out;
  for (const double z : normals(count, stream))
    out.push_back(static_cast<std::int64_t>(1e6 * std::abs(z)) % below);
  return out;
}

/// Entries drawn with replacement: some come twice.
struct EntriesCase {
  static constexpr bool kSymmetric = false;
  static Made make(Index m, Index d1, Index d2) {
    const auto row = some_indices(m, d1, 1), col = some_indices(m, d2, 2);
    std::vector<Index> order(row.size());
    Made made;
    made.op =
        std::make_unique<EntriesOperator>(Tiles(d1, d2, m, row.data(), col.data(), order.data()));
    for (const Index i : order) {
      made.row.push_back(row[static_cast<std::size_t>(i)]);
      made.col.push_back(col[static_cast<std::size_t>(i)]);
    }
    return made;
  }
};

template <class Storage, bool kSymmetric_>
struct RankOneCase {
  static constexpr bool kSymmetric = kSymmetric_;
  static Made make(Index m, Index d1, Index d2) {
    auto op =
        make_rank_one(m, d1, kSymmetric ? 0 : d2, sizeof(Storage) == 8 ? "float64" : "float32");
    Made made;
    const auto storable = [](Numbers numbers) {
      for (double& number : numbers) number = static_cast<double>(static_cast<Storage>(number));
      return numbers;
    };
    made.X = storable(normals(m * d1, 1));
    made.Y = kSymmetric ? made.X : storable(normals(m * d2, 2));
    REQUIRE(op->set_rows(0, m, false, made.X.data(), {}));
    if (!kSymmetric) REQUIRE(op->set_rows(0, m, true, made.Y.data(), {2, nullptr}));
    made.op = std::move(op);
    return made;
  }
};

using SymmetricRankOne = RankOneCase<double, true>;
using RankOne = RankOneCase<double, false>;
using SymmetricFloatRankOne = RankOneCase<float, true>;
using FloatRankOne = RankOneCase<float, false>;
#define IPGD_ALL_FACTORED \
  EntriesCase, SymmetricRankOne, RankOne, SymmetricFloatRankOne, FloatRankOne

/// Factors of a Theta that the operator measures: L Rᵀ, or U Uᵀ where R is empty.
struct Factors {
  Factors(const Operator& op, Index rank, bool gram, std::uint64_t stream)
      : d1(op.rows()), d2(op.cols()), k(rank), L(normals(op.rows() * rank, stream)) {
    if (!gram) R = normals(op.cols() * rank, stream + 100);
  }
  bool gram() const { return R.empty(); }
  const Numbers& right() const { return gram() ? L : R; }
  ThetaView view() const { return ThetaView::product(L.data(), right().data(), d1, d2, k); }
  Numbers theta() const {
    return reference::product(L, right(), as_int(d1), as_int(d2), as_int(k));
  }
  Index d1, d2, k;
  Numbers L, R;
};

/// What residual_cotangent leaves behind.
struct Evaluated {
  Numbers residual, left, right;
};

/// Of several Thetas in one pass.
inline std::vector<Evaluated> evaluate(const Operator& op, const std::vector<Factors>& thetas,
                                       const std::vector<Numbers>& y,
                                       Operator::Workspace& workspace,
                                       const Execution& execution = {}) {
  std::vector<Evaluated> out(thetas.size());
  std::vector<ThetaView> views;
  std::vector<Residual> residuals;
  std::vector<Cotangent> cotangents;
  for (std::size_t k = 0; k < thetas.size(); ++k) {
    const Factors& theta = thetas[k];
    out[k] = {Numbers(y[k].size()), Numbers(theta.L.size()), Numbers(theta.R.size())};
    views.push_back(theta.view());
    residuals.push_back({y[k].data(), out[k].residual.data()});
    cotangents.push_back({out[k].left.data(), out[k].right.data()});
  }
  op.residual_cotangent(static_cast<Index>(thetas.size()), views.data(), residuals.data(),
                        cotangents.data(), workspace, execution);
  return out;
}
inline Evaluated evaluate(const Operator& op, const Factors& theta, const Numbers& y,
                          int n_threads = 1) {
  return evaluate(op, std::vector<Factors>{theta}, {y}, *op.workspace(1), {n_threads, nullptr})[0];
}

inline bool same_bits(const Evaluated& a, const Evaluated& b) {
  return same_bits(a.residual, b.residual) && same_bits(a.left, b.left) &&
         same_bits(a.right, b.right);
}

}  // namespace ipgd::test
