#include <pybind11/stl.h>

#include "array.hpp"
#include "host.hpp"
#include "ipgd/objective/evaluator.hpp"
#include "ipgd/objective/hessian.hpp"
#include "register.hpp"

namespace ipgd::bindings {
namespace {

// loss'(r_i), what A* is applied to
py::array_t<double> weights(const Loss& loss, const InputArray& residual, const InputArray& y) {
  const double* const r = read(residual, "residual", {-1});
  const Index m = residual.size();
  const double* const measured = read(y, "y", {m});
  py::array_t<double> out = new_array({m});
  for (Index i = 0; i < m; ++i) out.mutable_data()[i] = loss.weight(r[i], measured[i]);
  return out;
}

// The objective with what it refers to. Python keeps the operator, the model and the loss alive.
struct PythonObjective {
  PythonObjective(const Operator& op, const InputArray& measured, const Parameterization& model,
                  const Loss* loss)
      : y(measured), objective(op, model, read(y, "y", {op.measurements()}), loss) {}
  InputArray y;
  Objective objective;
};

// f at one theta: its value and gradient, and products with its Hessian, which is prepared when the
// first of them is asked for.
class PythonEvaluation {
 public:
  PythonEvaluation(const Objective& objective, py::array_t<double> theta,
                   std::optional<int> n_threads)
      : objective_(objective), theta_(std::move(theta)), at_(objective) {
    const double* const x = theta_.data();
    compute(n_threads, [&](const Execution& execution) {
      Evaluator evaluator(objective_.op(), 1);
      evaluator.add(objective_, x, at_);
      evaluator.evaluate(execution);
    });
  }

  const py::array_t<double>& theta() const { return theta_; }
  double value() const { return at_.loss; }
  py::array_t<double> gradient() const {
    py::array_t<double> out = new_array({objective_.model().size()});
    std::copy_n(at_.gradient.data(), out.size(), out.mutable_data());
    return out;
  }
  // out_k <- H v_k for each row of `directions`
  py::array_t<double> products(const InputArray& directions, std::optional<int> n_threads) {
    const Index size = objective_.model().size();
    const double* const v = read(directions, "directions", {-1, size});
    const Index count = directions.shape(0);
    py::array_t<double> out = new_array({count, size});
    double* const to = out.mutable_data();
    const double* const x = theta_.data();
    compute(n_threads, [&](const Execution& execution) {
      const std::shared_ptr<const Hessian> hessian = prepared(x, execution);
      constexpr Index kMost = 16;  // in one pass, so that memory is bounded
      HessianProducts together(objective_.op(), std::min(count, kMost));
      for (Index begin = 0; begin < count; begin += kMost) {
        for (Index k = begin; k < std::min(begin + kMost, count); ++k)
          together.add(*hessian, v + k * size, to + k * size);
        together.evaluate(execution);
      }
    });
    return out;
  }

 private:
  // Two threads may prepare it at the same time; it is the same.
  std::shared_ptr<const Hessian> prepared(const double* x, const Execution& execution) {
    std::shared_ptr<const Hessian> hessian = std::atomic_load(&hessian_);
    if (hessian == nullptr) {
      hessian = std::make_shared<const Hessian>(objective_, x, at_, execution);
      std::atomic_store(&hessian_, hessian);
    }
    return hessian;
  }

  const Objective& objective_;
  py::array_t<double> theta_;
  Evaluation at_;
  std::shared_ptr<const Hessian> hessian_;
};

std::unique_ptr<PythonEvaluation> evaluate(const PythonObjective& of, const InputArray& theta,
                                           std::optional<int> n_threads) {
  const Index size = of.objective.model().size();
  const double* const x = read(theta, "theta", {size});
  py::array_t<double> own = new_array({size});  // what the caller does to theta is no concern of it
  std::copy_n(x, size, own.mutable_data());
  return std::make_unique<PythonEvaluation>(of.objective, std::move(own), n_threads);
}

}  // namespace

void register_objective(py::module_& m) {
  py::class_<Loss>(m, "Loss")
      .def_property_readonly("largest_curvature", &Loss::largest_curvature)
      .def(
          "check",
          [](const Loss& loss, const InputArray& measured) {
            loss.check(read(measured, "y", {-1}), measured.size());
          },
          py::arg("y").noconvert())
      .def("weight", &weights, py::arg("residual"), py::arg("y"));
  py::class_<Huber, Loss>(m, "Huber").def(py::init<double>(), py::arg("delta"));
  py::class_<Logistic, Loss>(m, "Logistic").def(py::init<double>(), py::arg("unit"));
  const py::arg_v threads = py::arg("n_threads") = py::none();
  py::class_<PythonEvaluation>(m, "Evaluation")
      .def_property_readonly("theta", &PythonEvaluation::theta)
      .def_property_readonly("value", &PythonEvaluation::value)
      .def_property_readonly("gradient", &PythonEvaluation::gradient)
      .def("hessian_products", &PythonEvaluation::products, py::arg("directions").noconvert(),
           threads);
  py::class_<PythonObjective>(m, "Objective")
      .def(py::init<const Operator&, const InputArray&, const Parameterization&, const Loss*>(),
           py::arg("operator"), py::arg("y").noconvert(), py::arg("parameterization"),
           py::arg("loss") = py::none(), py::keep_alive<1, 2>(), py::keep_alive<1, 4>(),
           py::keep_alive<1, 5>())
      .def("evaluate", &evaluate, py::arg("theta").noconvert(), threads, py::keep_alive<0, 1>());
}

}  // namespace ipgd::bindings
