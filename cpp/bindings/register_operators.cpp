#include <pybind11/stl.h>

#include <string>

#include "array.hpp"
#include "host.hpp"
#include "ipgd/operators/dense.hpp"
#include "register.hpp"

namespace ipgd::bindings {
namespace {

template <class Layout>
std::unique_ptr<DenseOperator> make_dense(Index m, const Layout& layout, const std::string& dtype) {
  if (dtype == "float64") return std::make_unique<Dense<double, Layout>>(m, layout);
  if (dtype == "float32") return std::make_unique<Dense<float, Layout>>(m, layout);
  throw InvalidArgument("dtype", "'float64' or 'float32'", "'" + dtype + "'");
}

ThetaView admit_theta(const Operator& op, const InputArray& theta) {
  return ThetaView::assembled(read(theta, "theta", {op.rows(), op.cols()}), op.rows(), op.cols());
}

py::array_t<double> forward(const Operator& op, const InputArray& theta,
                            std::optional<int> n_threads) {
  const ThetaView view = admit_theta(op, theta);
  py::array_t<double> out = new_array({op.measurements()});
  double* y = out.mutable_data();
  compute(n_threads, [&](const Execution& execution) {
    op.forward(1, &view, &y, *op.workspace(1), execution);
  });
  return out;
}

py::array_t<double> adjoint(const Operator& op, const InputArray& residual,
                            std::optional<int> n_threads) {
  const double* r = read(residual, "residual", {op.measurements()});
  py::array_t<double> out = new_array({op.rows(), op.cols()});
  double* G = out.mutable_data();
  compute(n_threads,
          [&](const Execution& execution) { op.adjoint(1, &r, &G, *op.workspace(1), execution); });
  return out;
}

py::tuple residual_adjoint(const Operator& op, const InputArray& theta, const InputArray& y,
                           std::optional<int> n_threads) {
  const ThetaView view = admit_theta(op, theta);
  const double* target = read(y, "y", {op.measurements()});
  py::array_t<double> residual = new_array({op.measurements()});
  py::array_t<double> gradient = new_array({op.rows(), op.cols()});
  double* r = residual.mutable_data();
  double* G = gradient.mutable_data();
  compute(n_threads, [&](const Execution& execution) {
    op.residual_adjoint(1, &view, &target, &r, &G, *op.workspace(1), execution);
  });
  return py::make_tuple(residual, gradient);
}

bool set_rows(DenseOperator& op, Index begin, const InputArray& A, std::optional<int> n_threads) {
  const double* data = read(A, "A", {-1, op.rows(), op.cols()});
  const Index count = A.shape(0);
  if (begin < 0 || begin + count > op.measurements()) throw py::index_error("rows out of range");
  return compute(n_threads, [&](const Execution& execution) {
    return op.set_rows(begin, count, data, execution);
  });
}

py::array_t<double> get_rows(const DenseOperator& op, Index begin, Index count) {
  if (begin < 0 || count < 0 || begin + count > op.measurements())
    throw py::index_error("rows out of range");
  py::array_t<double> out = new_array({count, op.rows(), op.cols()});
  double* A = out.mutable_data();
  const py::gil_scoped_release release;
  op.get_rows(begin, count, A);
  return out;
}

void fill_gaussian(DenseOperator& op, std::uint64_t key, std::optional<int> n_threads) {
  compute(n_threads, [&](const Execution& execution) { op.fill_gaussian(key, execution); });
}

}  // namespace

void register_operators(py::module_& m) {
  const py::arg_v threads = py::arg("n_threads") = py::none();
  py::class_<Operator>(m, "Operator")
      .def_property_readonly("measurements", &Operator::measurements)
      .def_property_readonly("rows", &Operator::rows)
      .def_property_readonly("cols", &Operator::cols)
      .def_property_readonly("symmetric", &Operator::symmetric)
      .def_property_readonly("storage", &Operator::storage)
      .def_property_readonly("nbytes", &Operator::nbytes)
      .def("forward", &forward, py::arg("theta").noconvert(), threads)
      .def("adjoint", &adjoint, py::arg("residual").noconvert(), threads)
      .def("residual_adjoint", &residual_adjoint, py::arg("theta").noconvert(),
           py::arg("y").noconvert(), threads);
  py::class_<DenseOperator, Operator>(m, "DenseOperator")
      .def("set_rows", &set_rows, py::arg("begin"), py::arg("A").noconvert(), threads)
      .def("get_rows", &get_rows, py::arg("begin"), py::arg("count"))
      .def("fill_gaussian", &fill_gaussian, py::arg("key"), threads);

  m.def(
      "dense_symmetric",
      [](Index measurements, Index dimension, const std::string& dtype, bool isometric) {
        return make_dense(measurements,
                          SymmetricLayout(dimension, isometric ? std::sqrt(2.0) : 1.0), dtype);
      },
      py::arg("measurements"), py::arg("dimension"), py::arg("dtype"), py::arg("isometric"));
  m.def(
      "dense_rectangular",
      [](Index measurements, Index rows, Index cols, const std::string& dtype) {
        return make_dense(measurements, RectangularLayout(rows, cols), dtype);
      },
      py::arg("measurements"), py::arg("rows"), py::arg("cols"), py::arg("dtype"));
}

}  // namespace ipgd::bindings
