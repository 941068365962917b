#include <pybind11/stl.h>

#include "array.hpp"
#include "host.hpp"
#include "ipgd/base/linear_algebra.hpp"
#include "ipgd/base/normal.hpp"
#include "ipgd/base/sums.hpp"
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
      "dot",
      [](const InputArray& x, const InputArray& y) {
        return dot(read(x, "x", {-1}), read(y, "y", {x.shape(0)}), x.shape(0));
      },
      py::arg("x").noconvert(), py::arg("y").noconvert());
  m.def(
      "spectral_norm",
      [](const InputArray& matrix) {
        const ConstMatrixMap map(read(matrix, "matrix", {-1, -1}), matrix.shape(0),
                                 matrix.shape(1));
        return compute(1,
                       [&](const Execution& execution) { return spectral_norm(map, execution); });
      },
      py::arg("matrix").noconvert());
  m.def(
      "orthonormal_columns",
      [](const InputArray& X) {
        const ConstMatrixMap map(read(X, "X", {-1, -1}), X.shape(0), X.shape(1));
        py::array_t<double> out = new_array({X.shape(0), X.shape(1)});
        double* to = out.mutable_data();
        const py::gil_scoped_release release;
        MatrixMap(to, map.rows(), map.cols()) = orthonormal_columns(map);
        return out;
      },
      py::arg("X").noconvert());
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
