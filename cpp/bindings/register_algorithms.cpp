#include <pybind11/stl.h>

#include "ipgd/algorithms/methods.hpp"
#include "register.hpp"

namespace ipgd::bindings {

namespace py = pybind11;

namespace {

void register_parts(py::module_& m) {
  py::enum_<Trigger>(m, "Trigger")
      .value("never", Trigger::never)
      .value("near_stationary", Trigger::near_stationary)
      .value("every_iteration", Trigger::every_iteration);
  py::enum_<Noise>(m, "Noise")
      .value("uniform_ball", Noise::uniform_ball)
      .value("gaussian", Noise::gaussian);
  py::class_<Step>(m, "Step").def_readwrite("size", &Step::size);
  py::class_<Perturbation>(m, "Perturbation")
      .def_readwrite("trigger", &Perturbation::trigger)
      .def_readwrite("noise", &Perturbation::noise)
      .def_readwrite("radius", &Perturbation::radius)
      .def_readwrite("gradient_threshold", &Perturbation::gradient_threshold)
      .def_readwrite("window", &Perturbation::window)
      .def_readwrite("turn_every", &Perturbation::turn_every)
      .def_readwrite("key", &Perturbation::key);
  py::class_<Stopping>(m, "Stopping")
      .def_readwrite("max_iter", &Stopping::max_iter)
      .def_readwrite("relative_loss", &Stopping::relative_loss)
      .def_readwrite("gradient_norm", &Stopping::gradient_norm)
      .def_readwrite("escape_decrease", &Stopping::escape_decrease);
  py::class_<Sampling>(m, "Sampling")
      .def_readwrite("batch_size", &Sampling::batch_size)
      .def_readwrite("replacement", &Sampling::replacement)
      .def_readwrite("key", &Sampling::key)
      .def_readwrite("truncation", &Sampling::truncation)
      .def_property_readonly("partial", &Sampling::partial);
  py::class_<Algorithm>(m, "Algorithm")
      .def_readwrite("sampling", &Algorithm::sampling)
      .def_readwrite("step", &Algorithm::step)
      .def_readwrite("perturbation", &Algorithm::perturbation)
      .def_readwrite("stopping", &Algorithm::stopping)
      .def("verify", &Algorithm::verify)
      .def("check", &Algorithm::check, py::arg("parameterization"), py::arg("operator"));
}

py::dict pgd_constants_dict(double smoothness, double hessian_lipschitz, double epsilon, double c,
                            double failure_probability, double function_gap, Index dimension) {
  const PgdConstants k = pgd_constants(
      {smoothness, hessian_lipschitz, epsilon, c, failure_probability, function_gap, dimension});
  py::dict out;
  out["chi"] = k.chi;
  out["step_size"] = k.step_size;
  out["radius"] = k.radius;
  out["gradient_threshold"] = k.gradient_threshold;
  out["decrease_threshold"] = k.decrease_threshold;
  out["window"] = k.window;
  return out;
}

}  // namespace

void register_algorithms(py::module_& m) {
  register_parts(m);
  m.def("pgd_constants", &pgd_constants_dict, py::arg("smoothness"), py::arg("hessian_lipschitz"),
        py::arg("epsilon"), py::arg("c"), py::arg("failure_probability"), py::arg("function_gap"),
        py::arg("dimension"));
  m.def("escape_window", &escape_window, py::arg("radius"), py::arg("step_size"),
        py::arg("epsilon"), py::arg("hessian_lipschitz"), py::arg("failure_probability"),
        py::arg("dimension"));
  m.def("gradient_descent", &gradient_descent, py::arg("step_size"));
  m.def("perturbed_gradient_descent", &perturbed_gradient_descent, py::arg("step_size"),
        py::arg("radius"), py::arg("gradient_threshold"), py::arg("window"), py::arg("decrease"));
  m.def("ipgd_plus", &ipgd_plus, py::arg("step_size"), py::arg("radius"));
  m.def(
      "scaled_gradient_descent",
      [](double step_size, double damping, bool from_loss) {
        return scaled_gradient_descent(step_size, {damping, from_loss});
      },
      py::arg("step_size"), py::arg("damping"), py::arg("from_loss"));
  m.def("boosted_gradient_descent", &boosted_gradient_descent, py::arg("step_size"),
        py::arg("boost"));
  m.def("alternating_scaled_gradient_descent", &alternating_scaled_gradient_descent,
        py::arg("step_size"));
  m.def("normalized_gradient_descent", &normalized_gradient_descent, py::arg("step_size"),
        py::arg("decay"), py::arg("floor"));
  m.def("truncated_gradient_descent", &truncated_gradient_descent, py::arg("step_size"),
        py::arg("truncation"));
  m.def("on_mini_batches", &on_mini_batches, py::arg("algorithm"), py::arg("batch_size"),
        py::arg("replacement"));
  m.def(
      "with_momentum",
      [](const Algorithm& algorithm, double coefficient, bool nesterov) {
        return with_momentum(algorithm, coefficient,
                             nesterov ? Momentum::nesterov : Momentum::heavy_ball);
      },
      py::arg("algorithm"), py::arg("coefficient"), py::arg("nesterov"));
  m.def("with_adaptive_momentum", &with_adaptive_momentum, py::arg("algorithm"));
  m.def("in_two_phases", &in_two_phases, py::arg("first"), py::arg("second"),
        py::arg("relative_loss"), py::arg("lift"));
}

}  // namespace ipgd::bindings
