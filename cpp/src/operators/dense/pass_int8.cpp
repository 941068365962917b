#include "ipgd/operators/dense/pass_bodies.hpp"

namespace ipgd {

IPGD_INSTANTIATE_PASSES(RowStore<std::int8_t>, double)
IPGD_INSTANTIATE_PASSES(RowStore<std::int8_t>, float)

}  // namespace ipgd
