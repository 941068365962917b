#include "ipgd/algorithms/quantity.hpp"
#include "ipgd/base/sums.hpp"

namespace ipgd {
namespace {

class ColumnNorms final : public Quantity {
 public:
  explicit ColumnNorms(const Parameterization& model) : blocks_(model.blocks()) {
    Index most = 0;
    for (const Block& block : blocks_) {
      width_ += block.cols;
      most = std::max(most, block.rows);
    }
    column_ = Buffer<double>(most);
  }
  Index width() const noexcept override { return width_; }

  void measure(const Snapshot& s, double* out, const Execution&) override {
    const double* theta = s.theta;
    for (const Block& block : blocks_) {
      for (Index l = 0; l < block.cols; ++l) {
        for (Index i = 0; i < block.rows; ++i) column_.data()[i] = theta[i * block.cols + l];
        *out++ = norm(column_.data(), block.rows);
      }
      theta += block.rows * block.cols;
    }
  }

 private:
  std::vector<Block> blocks_;
  Index width_ = 0;
  Buffer<double> column_;
};

}  // namespace

std::unique_ptr<Quantity> make_column_norms(const QuantitySetting& setting) {
  return std::make_unique<ColumnNorms>(setting.model);
}

}  // namespace ipgd
