#include "ipgd/operators/dense/rows_pass.hpp"

#include "ipgd/operators/dense/kernels.hpp"

namespace ipgd {

template <class Store, class Sum>
void residual_adjoint_rows(const Store& a, const Index* rows, Index count, const Residual& residual,
                           PassBuffers<Sum>& buffers, const Execution& execution) {
  constexpr bool kFloat = std::is_same_v<Sum, float>;
  const Units& units = buffers.units.front();
  buffers.sum.begin(buffers.stride);
  Sum* const sums = buffers.sum.open();
  for_in_turn(execution, count, a.stride(), [&](Index b) {
    const Index i = rows[b];
    const auto tile = a.tile(i, 1);
    const Sum* const x = buffers.x.data() + tile.first;
    Sum* const g = sums + tile.first;
    const Index panel = kFloat ? kernels::kFloatPanel : tile.length;
    Pack<double> lanes{};
    for (Index j = 0; j < tile.length; j += panel)
      kernels::add_dots<1, 1, false>(tile.data + j, tile.stride, x + j,
                                     std::min(panel, tile.length - j), &lanes, 1, false, 0);
    const double scale = a.scale(i);
    const double r = scale * (units.x * sum(lanes)) - residual.y[i], w = residual.weight(i, r);
    residual.r[b] = r;
    const Sum weight = kFloat ? static_cast<Sum>((scale / units.entry) * (w / units.r))
                              : static_cast<Sum>(scale * w);
    for (Index j = 0; j < tile.length; j += kLanes<Sum>) {
      Pack<Sum> gj = load<Sum>(g + j);
      add_product(gj, load<Sum>(tile.data + j), weight);
      store(g + j, gj);
    }
  });
  buffers.sum.close(0, sums);
  buffers.results = buffers.sum.total();
}

#define IPGD_INSTANTIATE(Store, Sum)                                                      \
  template void residual_adjoint_rows(const Store&, const Index*, Index, const Residual&, \
                                      PassBuffers<Sum>&, const Execution&);
IPGD_FOR_STORES(IPGD_INSTANTIATE)
#undef IPGD_INSTANTIATE

}  // namespace ipgd
