// Rank-one measurements: A_i = a_i b_iᵀ or a_i a_iᵀ, stored as their vectors.
#pragma once

#include <string>

#include "ipgd/operators/operator.hpp"

namespace ipgd {

/// y_i = a_iᵀ Theta b_i, or a_iᵀ Theta a_i. A pass reads each vector once: a few rows of
/// Z = X L and W = Y R are made, r_i = <z_i, w_i> - y_i, and G R = Xᵀ (r∘W), Gᵀ L = Yᵀ (r∘Z)
/// are added to while the rows of X and Y are in cache. Work O(m (d1 + d2) k).
class RankOneOperator : public Operator {
 public:
  Capabilities capabilities() const noexcept override {
    Capabilities able;
    able.dense = false;
    able.factored = able.rows = true;
    return able;
  }
  /// Stores a_i (b_i where `right`) for i in [begin, begin + count), row-major. Returns false when
  /// a value was rounded. The caller has checked that values are finite, also once rounded.
  virtual bool set_rows(Index begin, Index count, bool right, const double* vectors,
                        const Execution& execution) = 0;
  virtual void get_rows(Index begin, Index count, bool right, double* vectors) const = 0;
};

/// A_i = a_i b_iᵀ of d1 x d2; with d2 = 0, A_i = a_i a_iᵀ of d1 x d1. Storage: "float64" or
/// "float32". Uninitialised until set_rows. Throws InvalidArgument for another storage.
std::unique_ptr<RankOneOperator> make_rank_one(Index measurements, Index d1, Index d2,
                                               const std::string& storage);

}  // namespace ipgd
