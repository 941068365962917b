#include <pybind11/stl.h>

#include <string>

#include "array.hpp"
#include "host.hpp"
#include "ipgd/base/sums.hpp"
#include "ipgd/operators/dense/gram.hpp"
#include "register.hpp"

namespace ipgd::bindings {
namespace {

Layout layout(Index rows, Index cols, bool symmetric, bool isometric) {
  return symmetric ? Layout::symmetric(rows, isometric ? std::sqrt(2.0) : 1.0)
                   : Layout::rectangular(rows, cols);
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

// One pointer for each of the arrays that follow each other.
template <class T>
std::vector<T*> each(T* first, Index count, Index size) {
  std::vector<T*> pointers;
  for (Index k = 0; k < count; ++k) pointers.push_back(first + k * size);
  return pointers;
}

// y (K x m) of K matrices, in one pass
py::array_t<double> forward_many(const Operator& op, const InputArray& thetas,
                                 std::optional<int> n_threads) {
  const double* first = read(thetas, "thetas", {-1, op.rows(), op.cols()});
  const Index count = thetas.shape(0);
  std::vector<ThetaView> views;
  for (const double* theta : each(first, count, op.rows() * op.cols()))
    views.push_back(ThetaView::assembled(theta, op.rows(), op.cols()));
  py::array_t<double> out = new_array({count, op.measurements()});
  const auto y = each(out.mutable_data(), count, op.measurements());
  compute(n_threads, [&](const Execution& execution) {
    op.forward(count, views.data(), y.data(), *op.workspace(count), execution);
  });
  return out;
}

// K matrices (K x d1 x d2) of K residuals, in one pass
py::array_t<double> adjoint_many(const Operator& op, const InputArray& residuals,
                                 std::optional<int> n_threads) {
  const double* first = read(residuals, "residuals", {-1, op.measurements()});
  const Index count = residuals.shape(0);
  const auto r = each(first, count, op.measurements());
  py::array_t<double> out = new_array({count, op.rows(), op.cols()});
  const auto G = each(out.mutable_data(), count, op.rows() * op.cols());
  compute(n_threads, [&](const Execution& execution) {
    op.adjoint(count, r.data(), G.data(), *op.workspace(count), execution);
  });
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

using Bytes = py::array_t<std::uint8_t, py::array::c_style>;

Bytes content(const StoredOperator& op) {
  Bytes out(op.content_size());
  unsigned char* const to = out.mutable_data();
  const py::gil_scoped_release release;
  op.copy_out(to);
  return out;
}

void restore(StoredOperator& op, const Bytes& from) {
  if (from.size() != op.content_size())
    throw py::value_error("content: expected " + std::to_string(op.content_size()) +
                          " bytes, got " + std::to_string(from.size()));
  const unsigned char* const bytes = from.data();
  const py::gil_scoped_release release;
  op.take_in(bytes);
}

// (operator R, [(z, rest, ||y||)] for each row y of Y)
py::tuple reduce(const DenseOperator& op, const InputArray& Y, std::optional<int> n_threads) {
  const double* data = read(Y, "Y", {-1, op.measurements()});
  std::vector<const double*> y;
  for (Index k = 0; k < Y.shape(0); ++k) y.push_back(data + k * op.measurements());
  Gram result = compute(n_threads, [&](const Execution& execution) {
    return gram(op, static_cast<Index>(y.size()), y.data(), execution);
  });
  py::list measured;
  for (const ReducedMeasurements& reduced : result.measurements) {
    py::array_t<double> z = new_array({static_cast<Index>(reduced.z.size())});
    std::copy(reduced.z.begin(), reduced.z.end(), z.mutable_data());
    const double norm_y = norm(y[static_cast<std::size_t>(py::len(measured))], op.measurements());
    measured.append(py::make_tuple(z, reduced.rest, norm_y));
  }
  return py::make_tuple(std::move(result.op), measured);
}

}  // namespace

void register_operators(py::module_& m) {
  const py::arg_v threads = py::arg("n_threads") = py::none();
  py::class_<Capabilities>(m, "Capabilities")
      .def_readonly("factored", &Capabilities::factored)
      .def_readonly("combined", &Capabilities::combined);
  py::class_<Operator>(m, "Operator")
      .def_property_readonly("measurements", &Operator::measurements)
      .def_property_readonly("rows", &Operator::rows)
      .def_property_readonly("cols", &Operator::cols)
      .def_property_readonly("symmetric", &Operator::symmetric)
      .def_property_readonly("storage", &Operator::storage)
      .def_property_readonly("nbytes", &Operator::nbytes)
      .def_property_readonly("is_small", &Operator::is_small)
      .def_property_readonly("capabilities", &Operator::capabilities)
      .def("forward", &forward, py::arg("theta").noconvert(), threads)
      .def("adjoint", &adjoint, py::arg("residual").noconvert(), threads)
      .def("forward_many", &forward_many, py::arg("thetas").noconvert(), threads)
      .def("adjoint_many", &adjoint_many, py::arg("residuals").noconvert(), threads)
      .def("residual_adjoint", &residual_adjoint, py::arg("theta").noconvert(),
           py::arg("y").noconvert(), threads);
  py::class_<StoredOperator, Operator>(m, "StoredOperator")
      .def_property_readonly("sums", &StoredOperator::sums)
      .def_property_readonly("isometric",
                             [](const StoredOperator& op) { return op.layout().scale() != 1.0; })
      .def("content", &content)
      .def("restore", &restore, py::arg("content"));
  py::class_<DenseOperator, StoredOperator>(m, "DenseOperator")
      .def_property_readonly("entries",
                             [](const DenseOperator& op) { return op.layout().entries(); })
      .def("set_rows", &set_rows, py::arg("begin"), py::arg("A").noconvert(), threads)
      .def("get_rows", &get_rows, py::arg("begin"), py::arg("count"))
      .def("fill_gaussian", &fill_gaussian, py::arg("key"), threads);

  const py::arg measurements("measurements"), rows("rows"), cols("cols"), symmetric("symmetric"),
      dtype("dtype");
  m.def(
      "dense",
      [](Index m_, Index d1, Index d2, bool is_symmetric, bool isometric,
         const std::string& storage, const std::string& sums) {
        return make_dense(m_, layout(d1, d2, is_symmetric, isometric), storage, sums);
      },
      measurements, rows, cols, symmetric, py::arg("isometric"), dtype, py::arg("sums"));
  m.def(
      "dense_nbytes",
      [](Index m_, Index d1, Index d2, bool is_symmetric, const std::string& storage) {
        return dense_nbytes(m_, layout(d1, d2, is_symmetric, false), storage);
      },
      measurements, rows, cols, symmetric, dtype);
  m.def(
      "triangular",
      [](Index m_, Index d1, Index d2, bool is_symmetric, bool isometric) {
        return make_triangular(m_, layout(d1, d2, is_symmetric, isometric));
      },
      measurements, rows, cols, symmetric, py::arg("isometric"));
  m.def("gram", &reduce, py::arg("operator"), py::arg("Y").noconvert(), threads);
  m.def("gram_nbytes", &gram_nbytes, measurements, py::arg("entries"));
  m.def("gram_work_nbytes", &gram_work_nbytes, measurements, py::arg("entries"), py::arg("count"));
}

}  // namespace ipgd::bindings
