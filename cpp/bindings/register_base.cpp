#include <pybind11/stl.h>

#include "array.hpp"
#include "host.hpp"
#include "ipgd/base/linear_algebra.hpp"
#include "ipgd/base/normal.hpp"
#include "ipgd/base/sums.hpp"
#include "ipgd/parameterizations/thin_svd.hpp"
#include "register.hpp"

namespace ipgd::bindings {
namespace {

template <class Work>
auto without_gil(const Work& work) {
  const py::gil_scoped_release release;
  return work();
}

py::array_t<double> handed_out(const Matrix& from) {
  py::array_t<double> out = new_array({from.rows(), from.cols()});
  MatrixMap(out.mutable_data(), from.rows(), from.cols()) = from;
  return out;
}
py::array_t<double> handed_out(const Vector& from) {
  py::array_t<double> out = new_array({from.size()});
  std::copy(from.begin(), from.end(), out.mutable_data());
  return out;
}

}  // namespace

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
        const auto map = matrix(X, "X");
        return handed_out(without_gil([&] { return orthonormal_columns(map); }));
      },
      py::arg("X").noconvert());
  m.def(
      "thin_svd",
      [](const InputArray& X) {
        const auto map = matrix(X, "X");
        const Svd svd = without_gil([&] { return thin_svd(map); });
        return py::make_tuple(handed_out(svd.left), handed_out(svd.values), handed_out(svd.right));
      },
      py::arg("X").noconvert());
  m.def(
      "eigenpairs",
      [](const InputArray& X) {
        const auto map = matrix(X, "X");
        const Eigenpairs pairs = without_gil([&] { return eigenpairs(map); });
        return py::make_tuple(handed_out(pairs.values), handed_out(pairs.vectors));
      },
      py::arg("X").noconvert());
  m.def(
      "multiply",
      [](const InputArray& X, const InputArray& Y, std::optional<int> n_threads) {
        const auto left = matrix(X, "X");
        const ConstMatrixMap right(read(Y, "Y", {X.shape(1), -1}), Y.shape(0), Y.shape(1));
        py::array_t<double> out = new_array({X.shape(0), Y.shape(1)});
        const MatrixMap to(out.mutable_data(), left.rows(), right.cols());
        compute(n_threads,
                [&](const Execution& execution) { multiply(left, right, to, execution); });
        return out;
      },
      py::arg("X").noconvert(), py::arg("Y").noconvert(), py::arg("n_threads") = py::none());
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
