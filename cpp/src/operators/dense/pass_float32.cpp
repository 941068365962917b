#include "ipgd/operators/dense/pass_bodies.hpp"

namespace ipgd {

template struct PassBuffers<float>;
IPGD_INSTANTIATE_PASSES(RowStore<float>, double)
IPGD_INSTANTIATE_PASSES(RowStore<float>, float)

}  // namespace ipgd
