// Operators that take Theta as its factors.
#include <pybind11/stl.h>
#include "array.hpp"
#include "host.hpp"
#include "ipgd/operators/adjoint_times.hpp"
#include "ipgd/operators/factored/entries.hpp"
#include "ipgd/operators/factored/rank_one.hpp"
#include "register.hpp"

namespace ipgd::bindings {
namespace {

using IndexArray = py::array_t<std::int64_t, py::array::c_style>;

// (operator, order): measurement p of the operator is the entry order[p] of those given
py::tuple make_entries(Index rows, Index cols, const IndexArray& row, const IndexArray& col) {
  if (row.ndim() != 1 || col.ndim() != 1 || row.size() != col.size())
    throw py::value_error("rows, cols: expected two vectors of the same length");
  py::array_t<Index> order(row.size());
  Index* const to = order.mutable_data();
  const std::int64_t *const i = row.data(), *const j = col.data();
  const Index count = row.size();
  auto op = [&] {
    const py::gil_scoped_release release;
    return std::make_unique<EntriesOperator>(Tiles(rows, cols, count, i, j, to));
  }();
  return py::make_tuple(std::move(op), order);
}

py::tuple indices(const EntriesOperator& op) {
  IndexArray row(op.measurements()), col(op.measurements());
  op.get_indices(row.mutable_data(), col.mutable_data());
  return py::make_tuple(row, col);
}

Index width(const RankOneOperator& op, bool right) { return right ? op.cols() : op.rows(); }

bool set_vectors(RankOneOperator& op, Index begin, const InputArray& X, bool right,
                 std::optional<int> n_threads) {
  if (right && op.symmetric()) throw py::value_error("right: expected a_i alone for a_i a_iᵀ");
  const double* data = read(X, "X", {-1, width(op, right)});
  const Index count = X.shape(0);
  if (begin < 0 || begin + count > op.measurements()) throw py::index_error("rows out of range");
  return compute(n_threads, [&](const Execution& execution) {
    return op.set_rows(begin, count, right, data, execution);
  });
}

py::array_t<double> get_vectors(const RankOneOperator& op, Index begin, Index count, bool right) {
  if (begin < 0 || count < 0 || begin + count > op.measurements())
    throw py::index_error("rows out of range");
  py::array_t<double> out = new_array({count, width(op, right)});
  op.get_rows(begin, count, right, out.mutable_data());
  return out;
}

// y_i = <A_i, L Rᵀ>; the same array twice is U Uᵀ
py::array_t<double> forward_product(const Operator& op, const InputArray& L, const InputArray& R,
                                    std::optional<int> n_threads) {
  const double* left = read(L, "L", {op.rows(), -1});
  const double* right = read(R, "R", {op.cols(), L.shape(1)});
  const auto view = ThetaView::product(left, right, op.rows(), op.cols(), L.shape(1));
  py::array_t<double> out = new_array({op.measurements()});
  double* y = out.mutable_data();
  compute(n_threads, [&](const Execution& execution) {
    op.forward(1, &view, &y, *op.workspace(1), execution);
  });
  return out;
}

py::array_t<double> back_projection_times(const Operator& op, const InputArray& residual,
                                          const InputArray& factor, bool transposed,
                                          std::optional<int> n_threads) {
  const double* r = read(residual, "residual", {op.measurements()});
  const double* F = read(factor, "factor", {transposed ? op.rows() : op.cols(), -1});
  const Index k = factor.shape(1);
  py::array_t<double> out = new_array({transposed ? op.cols() : op.rows(), k});
  double* to = out.mutable_data();
  compute(n_threads, [&](const Execution& execution) {
    adjoint_times(op, r, F, k, transposed, to, execution);
  });
  return out;
}

py::tuple triplet(const Operator& op, const InputArray& residual, double tolerance,
                  std::optional<int> n_threads) {
  const double* r = read(residual, "residual", {op.measurements()});
  const SingularTriplet top = compute(n_threads, [&](const Execution& execution) {
    return leading_triplet(op, r, tolerance, execution);
  });
  py::array_t<double> u = new_array({op.rows()}), v = new_array({op.cols()});
  std::copy(top.u.begin(), top.u.end(), u.mutable_data());
  std::copy(top.v.begin(), top.v.end(), v.mutable_data());
  return py::make_tuple(top.sigma, u, v);
}

}  // namespace

void register_factored(py::module_& m) {
  const py::arg_v threads = py::arg("n_threads") = py::none();
  const py::arg op("operator"), measurements("measurements"), rows("rows"), cols("cols"),
      begin("begin"), right("right");
  py::class_<EntriesOperator, Operator>(m, "EntriesOperator")
      .def_property_readonly("scale", &EntriesOperator::scale)
      .def("pass_nbytes", &EntriesOperator::pass_nbytes, py::arg("rank"))
      .def("indices", &indices);
  m.def("entries", &make_entries, rows, cols, py::arg("row").noconvert(),
        py::arg("col").noconvert());
  py::class_<RankOneOperator, Operator>(m, "RankOneOperator")
      .def("set_rows", &set_vectors, begin, py::arg("X").noconvert(), right, threads)
      .def("get_rows", &get_vectors, begin, py::arg("count"), right);
  m.def("rank_one", &make_rank_one, measurements, rows, cols, py::arg("dtype"));
  m.def("forward_product", &forward_product, op, py::arg("L").noconvert(), py::arg("R").noconvert(),
        threads);
  m.def("adjoint_times", &back_projection_times, op, py::arg("residual").noconvert(),
        py::arg("factor").noconvert(), py::arg("transposed") = false, threads);
  m.def("leading_triplet", &triplet, op, py::arg("residual").noconvert(), py::arg("tolerance"),
        threads);
}

}  // namespace ipgd::bindings
