#include <pybind11/stl.h>

#include "array.hpp"
#include "host.hpp"
#include "ipgd/objective/evaluator.hpp"
#include "register.hpp"

namespace ipgd::bindings {
namespace {

// f(r_i, y_i) of two vectors
template <double (ResidualFunction::*function)(double, double) const noexcept>
py::array_t<double> of_residual(const Loss& loss, const InputArray& residual, const InputArray& y) {
  const double* const r = read(residual, "residual", {-1});
  const Index m = residual.size();
  const double* const measured = read(y, "y", {m});
  py::array_t<double> out = new_array({m});
  for (Index i = 0; i < m; ++i) out.mutable_data()[i] = (loss.*function)(r[i], measured[i]);
  return out;
}

py::array_t<double> curvature(const Loss& loss, const InputArray& residual, const InputArray& y) {
  const double* const r = read(residual, "residual", {-1});
  const Index m = residual.size();
  const double* const measured = read(y, "y", {m});
  py::array_t<double> out = new_array({m});
  for (Index i = 0; i < m; ++i) out.mutable_data()[i] = loss.curvature(r[i], measured[i]);
  return out;
}

// f at a flat parameter vector
double loss(const Operator& op, const InputArray& y, const Parameterization& model,
            const InputArray& theta, std::optional<int> n_threads, const Loss* function) {
  const Objective objective(op, model, read(y, "y", {op.measurements()}), function);
  const double* x = read(theta, "theta", {model.size()});
  Evaluation at(objective);
  compute(n_threads, [&](const Execution& execution) {
    Evaluator evaluator(op, 1);
    evaluator.add(objective, x, at);
    evaluator.evaluate(execution);
  });
  return at.loss;
}

}  // namespace

void register_objective(py::module_& m) {
  const py::arg residual("residual"), y("y");
  py::class_<Loss>(m, "Loss")
      .def_property_readonly("name", &Loss::name)
      .def_property_readonly("largest_curvature", &Loss::largest_curvature)
      .def(
          "check",
          [](const Loss& loss, const InputArray& measured) {
            loss.check(read(measured, "y", {-1}), measured.size());
          },
          py::arg("y").noconvert())
      .def("value", &of_residual<&ResidualFunction::value>, residual, y)
      .def("weight", &of_residual<&ResidualFunction::weight>, residual, y)
      .def("curvature", &curvature, residual, y);
  py::class_<Huber, Loss>(m, "Huber")
      .def(py::init<double>(), py::arg("delta"))
      .def_property_readonly("delta", &Huber::delta);
  py::class_<Logistic, Loss>(m, "Logistic").def(py::init<double>(), py::arg("unit"));
  m.def("loss", &loss, py::arg("operator"), py::arg("y").noconvert(), py::arg("parameterization"),
        py::arg("theta").noconvert(), py::arg("n_threads"), py::arg("loss") = py::none());
}

}  // namespace ipgd::bindings
