#include <pybind11/stl.h>

#include "array.hpp"
#include "host.hpp"
#include "ipgd/base/normal.hpp"
#include "register.hpp"

namespace ipgd::bindings {

void register_base(py::module_& m) {
  // Eigen sizes its blocks by the caches it finds at run time; the bits of a product would depend
  // on the machine. These are the sizes of a common server core.
  Eigen::setCpuCacheSizes(32 * 1024, 1024 * 1024, 8 * 1024 * 1024);

  m.attr("isa") = IPGD_ISA;
  m.attr("has_openmp") = has_openmp();
  m.attr("compiler") = IPGD_COMPILER;
  m.attr("eigen_version") = std::to_string(EIGEN_WORLD_VERSION) + "." +
                            std::to_string(EIGEN_MAJOR_VERSION) + "." +
                            std::to_string(EIGEN_MINOR_VERSION);
  m.def("default_threads", &default_threads);
  m.def(
      "normals",
      [](std::uint64_t key, std::uint64_t i, std::uint64_t begin, Index count) {
        py::array_t<float> out(count);
        fill_normal(key, i, begin, count, out.mutable_data());
        return out;
      },
      py::arg("key"), py::arg("i"), py::arg("begin"), py::arg("count"));
}

}  // namespace ipgd::bindings
