// The matrix an operator measures: assembled, or a product L Rᵀ that need not be formed.
#pragma once

#include <vector>

#include "ipgd/base/buffer.hpp"
#include "ipgd/base/types.hpp"

namespace ipgd {

/// Non-owning view of Theta (d1 x d2), row-major. `right` is null when Theta is assembled in
/// `left`.
struct ThetaView {
  const double* left = nullptr;   // d1 x rank, or d1 x d2 when assembled
  const double* right = nullptr;  // d2 x rank
  Index rows = 0, cols = 0, rank = 0;

  static ThetaView assembled(const double* theta, Index rows, Index cols) {
    return {theta, nullptr, rows, cols, cols};
  }
  static ThetaView product(const double* left, const double* right, Index rows, Index cols,
                           Index rank) {
    return {left, right, rows, cols, rank};
  }

  bool is_assembled() const noexcept { return right == nullptr; }
  bool is_symmetric_product() const noexcept { return left == right; }  // U Uᵀ: half the work
};

/// out <- Theta. U Uᵀ comes out exactly symmetric.
void assemble(const ThetaView& theta, double* out);

/// Rows [begin, end) and columns [0, cols) of out (d1 x d2) <- those of L Rᵀ.
void assemble_rows(const ThetaView& theta, Index begin, Index end, Index cols, double* out);

/// Assembled views of `count` Thetas: those that are products are multiplied out.
class Assembled {
 public:
  Assembled(Index count, const ThetaView* theta);
  const ThetaView& operator[](Index k) const noexcept { return views_[to_size(k)]; }

 private:
  std::vector<ThetaView> views_;
  std::vector<Buffer<double>> memory_;
};

}  // namespace ipgd
