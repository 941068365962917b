// The operator contract by passes over stored rows, for dense operators and their Grams.
#pragma once

#include <algorithm>
#include <cmath>

#include "ipgd/base/parity.hpp"
#include "ipgd/operators/dense/dense.hpp"
#include "ipgd/operators/dense/rows_pass.hpp"

namespace ipgd {

/// The power of two at or below |v|, within 2^+-1000; 1 for zero and what is not finite.
inline double power_of_two(double v) noexcept {
  if (!(v > 0) || !std::isfinite(v)) return 1.0;
  return std::ldexp(1.0, std::clamp(std::ilogb(v), -1000, 1000));
}
inline double largest_magnitude(const double* v, Index n) noexcept {
  double largest = 0;
  for (Index i = 0; i < n; ++i) largest = std::max(largest, std::abs(v[i]));
  return largest;
}

template <class Sum>
struct StoredWorkspace final : Operator::Workspace {
  StoredWorkspace(Index batch, Index stride, Chunks chunks, Index size_)
      : pass(batch, stride, chunks),
        residuals(to_size(batch)),
        size(size_),
        theta(checked_product({batch, size_})),
        gradient(checked_product({batch, size_})) {}

  PassBuffers<Sum> pass;
  std::vector<Residual> residuals;  // batch
  Index size;                       // d1 d2
  Buffer<double> theta;             // batch x size: what is read of L Rᵀ
  Buffer<double> gradient;          // batch x size: A*(r)
};

/// Contract is StoredOperator or DenseOperator.
template <class Store, class Sum, class Contract>
class Stored : public Contract {
 public:
  using Workspace = Operator::Workspace;

  Stored(Layout layout, Store store) : layout_(layout), a_(std::move(store)) {}

  const Layout& layout() const noexcept override { return layout_; }
  Index content_size() const noexcept override { return a_.nbytes(); }
  void copy_out(unsigned char* to) const override { a_.copy_out(to); }
  void take_in(const unsigned char* from) override { a_.take_in(from); }

  Index measurements() const noexcept override { return a_.rows(); }
  Index rows() const noexcept override { return layout_.rows(); }
  Index cols() const noexcept override { return layout_.cols(); }
  bool symmetric() const noexcept override { return layout_.is_symmetric(); }
  Index nbytes() const noexcept override { return a_.nbytes(); }
  const char* storage() const noexcept override {
    using Number = typename Store::Number;
    if (std::is_same_v<Number, double>) return "float64";
    if (std::is_same_v<Number, float>) return "float32";
    return std::is_same_v<Number, BFloat16> ? "bfloat16" : "int8";
  }
  const char* sums() const noexcept override {
    return std::is_same_v<Sum, double> ? "float64" : "float32";
  }

  bool is_small() const noexcept override { return chunks().count == 1; }
  /// Each row of R is a combination of all measurements and is of no use on its own.
  Capabilities capabilities() const noexcept override {
    constexpr bool combined = std::is_same_v<Store, TriangularStore>;
    Capabilities able;
    able.rows = !combined;
    able.combined = combined;
    return able;
  }

  std::unique_ptr<Workspace> workspace(Index batch) const override {
    return make_workspace(batch, chunks());
  }
  std::unique_ptr<Workspace> workspace(Index batch, Index chunks) const override {
    return make_workspace(batch, {a_.rows(), chunks});
  }

  void forward(Index batch, const ThetaView* theta, double* const* out, Workspace& workspace,
               const Execution& execution) const override {
    auto& scratch = static_cast<StoredWorkspace<Sum>&>(workspace);
    pack(batch, theta, scratch, execution);
    forward_pass(a_, batch, out, scratch.pass, execution);
  }
  void adjoint(Index batch, const double* const* r, double* const* G, Workspace& workspace,
               const Execution& execution) const override {
    auto& scratch = static_cast<StoredWorkspace<Sum>&>(workspace);
    set_weight_units(batch, r, scratch);
    adjoint_pass(a_, batch, r, scratch.pass, execution);
    unpack(batch, scratch, G, execution);
  }
  void cotangent(Index batch, const double* const* r, const ThetaView* at, const Cotangent* out,
                 Workspace& workspace, const Execution& execution) const override {
    auto& scratch = static_cast<StoredWorkspace<Sum>&>(workspace);
    set_weight_units(batch, r, scratch);
    adjoint_pass(a_, batch, r, scratch.pass, execution);
    write_cotangents(batch, at, out, scratch, execution, [](Index, const Execution&) {});
  }
  void residual_adjoint(Index batch, const ThetaView* theta, const double* const* y,
                        double* const* r, double* const* G, Workspace& workspace,
                        const Execution& execution) const override {
    auto& scratch = static_cast<StoredWorkspace<Sum>&>(workspace);
    for (Index k = 0; k < batch; ++k) scratch.residuals[to_size(k)] = {y[k], r[k]};
    pack(batch, theta, scratch, execution);
    set_weight_units(batch, scratch.residuals.data(), scratch);
    residual_adjoint_pass(a_, batch, scratch.residuals.data(), scratch.pass, execution);
    unpack(batch, scratch, G, execution);
  }

  void residual_cotangent(Index batch, const ThetaView* theta, Residual* residuals,
                          const Cotangent* out, Workspace& workspace,
                          const Execution& execution) const override {
    auto& scratch = static_cast<StoredWorkspace<Sum>&>(workspace);
    pack(batch, theta, scratch, execution);
    set_weight_units(batch, residuals, scratch);
    residual_adjoint_pass(a_, batch, residuals, scratch.pass, execution);
    write_cotangents(batch, theta, out, scratch, execution, [&](Index k, const Execution& own) {
      residuals[k].totals = this->totals(residuals[k], own);
    });
  }

  std::unique_ptr<Workspace> rows_workspace() const override {
    return make_workspace(1, {a_.rows(), 1});
  }
  void residual_cotangent_rows(const Rows& rows, const ThetaView& theta, Residual& residual,
                               const Cotangent& out, Workspace& workspace,
                               const Execution& execution) const override {
    auto& scratch = static_cast<StoredWorkspace<Sum>&>(workspace);
    pack(1, &theta, scratch, execution.uninterrupted());
    set_weight_units(1, &residual, scratch);
    residual_adjoint_rows(a_, rows.indices, rows.count, residual, scratch.pass, execution);
    write_cotangents(1, &theta, &out, scratch, execution, [&](Index, const Execution& own) {
      residual.totals = local_totals(residual, rows.count, rows.indices, own);
    });
  }

  std::uint64_t read(const Execution& execution) const override {
    const Index bytes = a_.size() * static_cast<Index>(sizeof(typename Store::Number));
    return parity(execution, a_.data(), bytes);
  }

 protected:
  Layout layout_;
  Store a_;

 private:
  Chunks chunks() const noexcept { return row_chunks(a_.rows(), a_.size() / a_.rows()); }

  std::unique_ptr<Workspace> make_workspace(Index batch, Chunks chunks) const {
    return std::make_unique<StoredWorkspace<Sum>>(batch, a_.stride(), chunks,
                                                  checked_product({rows(), cols()}));
  }

  // x_k <- Theta_k
  void pack(Index batch, const ThetaView* theta, StoredWorkspace<Sum>& scratch,
            const Execution& execution) const {
    for_runs(execution, batch, [&](Index k, const Execution& own) {
      const ThetaView& view = theta[k];
      const double* const matrix =
          view.is_assembled() ? view.left : scratch.theta.data() + k * scratch.size;
      Sum* const x = scratch.pass.x.data() + k * scratch.pass.stride;
      std::fill(x + layout_.entries(), x + scratch.pass.stride, Sum{});  // a pass left sums here
      Units& units = scratch.pass.units[to_size(k)];
      const auto assemble = [&](Index begin, Index end) {
        if (!view.is_assembled())
          assemble_rows(view, begin, end, layout_.width(end - 1),
                        scratch.theta.data() + k * scratch.size);
      };
      if constexpr (std::is_same_v<Sum, double>) {
        for_row_blocks(own, rows(), scratch.size * view.rank, [&](Index begin, Index end) {
          assemble(begin, end);
          layout_.pack(matrix, begin, end, x);
        });
      } else {
        for_row_blocks(own, rows(), scratch.size * view.rank, assemble);
        double largest = 0;
        for (Index i = 0; i < rows(); ++i)
          largest = std::max(largest, largest_magnitude(matrix + i * cols(), layout_.width(i)));
        units.x = power_of_two(largest) * (Store::kScaled ? 1.0 : this->entry_unit());
        for_row_blocks(own, rows(), scratch.size, [&](Index begin, Index end) {
          layout_.pack(matrix, begin, end, x, 1 / units.x);
        });
      }
    });
  }

  // Units for weights of the size of r_k
  void set_weight_units(Index batch, const double* const* r, StoredWorkspace<Sum>& scratch) const {
    if constexpr (std::is_same_v<Sum, float>)
      for (Index k = 0; k < batch; ++k)
        set_unit(k, largest_magnitude(r[k], measurements()), scratch);
  }
  // and of the weights of residuals of the size of y_k and A(Theta_k)
  void set_weight_units(Index batch, const Residual* residuals,
                        StoredWorkspace<Sum>& scratch) const {
    if constexpr (std::is_same_v<Sum, float>)
      for (Index k = 0; k < batch; ++k) {
        const Residual& residual = residuals[k];
        const double image =
            scratch.pass.units[to_size(k)].x * (Store::kScaled ? this->entry_unit() : 1.0);
        double size = std::max(image, largest_magnitude(residual.y, measurements()));
        if (residual.function != nullptr)
          size = residual.function->largest_weight(
              size, largest_magnitude(residual.data, measurements()));
        set_unit(k, size, scratch);
      }
  }
  void set_unit(Index k, double size, StoredWorkspace<Sum>& scratch) const {
    Units& units = scratch.pass.units[to_size(k)];
    units.entry = this->entry_unit();
    units.r = power_of_two(size);
  }

  // Writes the cotangents from the sums of a pass, and calls also(k, own). Not interrupted, so that
  // the pass is not lost.
  template <class Also>
  void write_cotangents(Index batch, const ThetaView* at, const Cotangent* out,
                        StoredWorkspace<Sum>& scratch, const Execution& execution,
                        const Also& also) const {
    for_runs(execution.uninterrupted(), batch, [&](Index k, const Execution& own) {
      double* const G = scratch.gradient.data() + k * scratch.size;
      unpack_one(k, scratch, G, own);
      apply_to_factors(G, symmetric(), at[k], out[k], own);
      also(k, own);
    });
  }

  void unpack(Index batch, const StoredWorkspace<Sum>& scratch, double* const* G,
              const Execution& execution) const {
    for_runs(execution, batch,
             [&](Index k, const Execution& own) { unpack_one(k, scratch, G[k], own); });
  }
  void unpack_one(Index k, const StoredWorkspace<Sum>& scratch, double* G,
                  const Execution& own) const {
    const Sum* const g = scratch.pass.result(k);
    const Units& units = scratch.pass.units[to_size(k)];
    const double unit = units.r * units.entry;
    for_row_blocks(own, rows(), 16 * scratch.size,  // a strided store costs many multiply-adds
                   [&](Index begin, Index end) { layout_.unpack(g, begin, end, G, unit); });
  }
};

}  // namespace ipgd
