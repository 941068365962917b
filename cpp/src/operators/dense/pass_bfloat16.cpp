#include "ipgd/operators/dense/pass_bodies.hpp"

namespace ipgd {

IPGD_INSTANTIATE_PASSES(RowStore<BFloat16>, double)
IPGD_INSTANTIATE_PASSES(RowStore<BFloat16>, float)

}  // namespace ipgd
