#include "ipgd/operators/dense/pass_bodies.hpp"

namespace ipgd {

template struct PassBuffers<double>;
IPGD_INSTANTIATE_PASSES(RowStore<double>, double)
IPGD_INSTANTIATE_PASSES(TriangularStore, double)

}  // namespace ipgd
