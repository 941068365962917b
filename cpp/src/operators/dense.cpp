#include "ipgd/operators/dense.hpp"

#include "ipgd/base/normal.hpp"
#include "ipgd/operators/pass.hpp"

namespace ipgd {

template <class Storage, class Layout>
struct Dense<Storage, Layout>::Scratch final : Operator::Workspace {
  Scratch(Index batch, const RowStore<Storage>& a, Index size_)
      : pass(batch, a.stride(), row_chunks(a.rows(), a.entries())),
        size(size_),
        theta(checked_product({batch, size_})) {}

  PassBuffers pass;
  Index size;            // d1 d2
  Buffer<double> theta;  // batch x size: L Rᵀ, assembled
};

template <class Storage, class Layout>
Dense<Storage, Layout>::Dense(Index measurements, Layout layout)
    : layout_(layout), a_(measurements, layout.entries()) {}

template <class Storage, class Layout>
std::unique_ptr<Operator::Workspace> Dense<Storage, Layout>::workspace(Index batch) const {
  return std::make_unique<Scratch>(batch, a_, checked_product({rows(), cols()}));
}

template <class Storage, class Layout>
void Dense<Storage, Layout>::pack(Index batch, const ThetaView* theta, Scratch& scratch,
                                  const Execution& execution) const {
  parallel_for(execution, batch, [&](Index k) {
    const double* assembled = theta[k].left;
    if (!theta[k].is_assembled()) {
      double* product = scratch.theta.data() + k * scratch.size;
      assemble(theta[k], product);
      assembled = product;
    }
    layout_.pack(assembled, scratch.pass.x.data() + k * scratch.pass.stride);
  });
}

template <class Storage, class Layout>
void Dense<Storage, Layout>::unpack(Index batch, const Scratch& scratch, double* const* G,
                                    const Execution& execution) const {
  parallel_for(execution, batch, [&](Index k) {
    layout_.unpack(scratch.pass.parts.data() + k * scratch.pass.stride, G[k]);
  });
}

template <class Storage, class Layout>
void Dense<Storage, Layout>::forward(Index batch, const ThetaView* theta, double* const* out,
                                     Workspace& workspace, const Execution& execution) const {
  auto& scratch = static_cast<Scratch&>(workspace);
  pack(batch, theta, scratch, execution);
  forward_pass(a_, batch, out, scratch.pass, execution);
}

template <class Storage, class Layout>
void Dense<Storage, Layout>::adjoint(Index batch, const double* const* r, double* const* G,
                                     Workspace& workspace, const Execution& execution) const {
  auto& scratch = static_cast<Scratch&>(workspace);
  adjoint_pass(a_, batch, r, scratch.pass, execution);
  unpack(batch, scratch, G, execution);
}

template <class Storage, class Layout>
void Dense<Storage, Layout>::residual_adjoint(Index batch, const ThetaView* theta,
                                              const double* const* y, double* const* r,
                                              double* const* G, Workspace& workspace,
                                              const Execution& execution) const {
  auto& scratch = static_cast<Scratch&>(workspace);
  pack(batch, theta, scratch, execution);
  residual_adjoint_pass(a_, batch, y, r, scratch.pass, execution);
  unpack(batch, scratch, G, execution);
}

template <class Storage, class Layout>
bool Dense<Storage, Layout>::set_rows(Index begin, Index count, const double* A,
                                      const Execution& execution) {
  const Index size = rows() * cols(), entries = a_.entries();
  Buffer<double> stored(checked_product({count, entries}));
  std::atomic<bool> exact{true};
  parallel_for(execution, count, [&](Index i) noexcept {
    layout_.compress(A + i * size, stored.data() + i * entries);
    if (!a_.set(begin + i, 0, entries, stored.data() + i * entries)) exact = false;
  });
  return exact;
}

template <class Storage, class Layout>
void Dense<Storage, Layout>::fill_gaussian(std::uint64_t key, const Execution& execution) {
  parallel_for(execution, measurements(), [&](Index i) noexcept {
    constexpr Index kTile = 1024;
    float z[kTile];
    for (Index j = 0; j < a_.entries(); j += kTile) {
      const Index n = std::min(kTile, a_.entries() - j);
      fill_normal(key, static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(j), n, z);
      a_.set(i, j, n, z);
    }
  });
}

template <class Storage, class Layout>
void Dense<Storage, Layout>::get_rows(Index begin, Index count, double* A) const {
  Buffer<double> stored(a_.entries());
  for (Index i = 0; i < count; ++i) {
    std::copy_n(a_.row(begin + i), a_.entries(), stored.data());
    layout_.expand(stored.data(), A + i * rows() * cols());
  }
}

template class Dense<double, SymmetricLayout>;
template class Dense<float, SymmetricLayout>;
template class Dense<double, RectangularLayout>;
template class Dense<float, RectangularLayout>;

}  // namespace ipgd
