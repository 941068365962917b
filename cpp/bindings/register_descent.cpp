#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <deque>
#include <variant>

#include "array.hpp"
#include "host.hpp"
#include "ipgd/algorithms/descent.hpp"
#include "register.hpp"

namespace ipgd::bindings {
namespace {

py::array history_column(const Column& column) {
  const auto records = static_cast<Index>(column.data.size()) / column.width;
  py::array_t<double> out =
      column.vector ? new_array({records, column.width}) : new_array({records});
  std::copy(column.data.begin(), column.data.end(), out.mutable_data());
  return out;
}

// Calls back into Python between iterations.
class PythonObserver final : public Observer {
 public:
  // A user's callback may keep a view of the iterate, so the memory belongs to a Python object.
  PythonObserver(py::object callback, py::object progress, py::object owner)
      : callback_(std::move(callback)), progress_(std::move(progress)), owner_(std::move(owner)) {}

  Verdict on_record(const Snapshot& s) override {
    if (callback_.is_none()) return Verdict::go_on;
    return verdict_of([&] {
      callback_(s.iteration, s.evaluation.loss, s.evaluation.gradient_norm,
                view(s.theta, {s.objective.model().size()}, owner_));
    });
  }

  Verdict on_iteration(const Snapshot& s) override {
    if (progress_.is_none()) return Verdict::go_on;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(100)) return Verdict::go_on;
    last_ = now;
    return verdict_of([&] { progress_(s.iteration, s.evaluation.loss); });
  }

 private:
  // StopIteration raised by a call into Python ends the run, KeyboardInterrupt interrupts it.
  template <class Call>
  static Verdict verdict_of(const Call& call) {
    const py::gil_scoped_acquire gil;
    try {
      call();
    } catch (const py::error_already_set& error) {
      if (error.matches(PyExc_StopIteration)) return Verdict::stop;
      if (error.matches(PyExc_KeyboardInterrupt)) return Verdict::interrupt;
      throw;
    }
    return Verdict::go_on;
  }

  py::object callback_, progress_, owner_;
  std::chrono::steady_clock::time_point last_{};
};

// What is known of Theta*: the matrix or its two factors, bases of its column and row space, and
// one function phi_i in each row of `functions`.
using MatrixOrFactors = std::variant<InputArray, std::pair<InputArray, InputArray>>;
Truth make_truth(const MatrixOrFactors& theta, const InputArray& left, const InputArray& right,
                 const InputArray& functions) {
  Truth truth;
  if (const auto* factors = std::get_if<1>(&theta)) {
    truth.left_factor = matrix(factors->first, "theta");
    truth.right_factor = matrix(factors->second, "theta");
  } else {
    truth.theta = matrix(std::get<0>(theta), "theta");
  }
  truth.left = matrix(left, "left");
  truth.right = matrix(right, "right");
  if (functions.shape(0) > 0) truth.basis = matrix(functions, "functions");
  return truth;
}

void require_fit(const Truth& truth, const Parameterization& model) {
  const bool factors = truth.theta.size() == 0;
  const bool fits = (factors ? truth.left_factor.rows() : truth.theta.rows()) == model.rows() &&
                    (factors ? truth.right_factor.rows() : truth.theta.cols()) == model.cols() &&
                    truth.left_factor.cols() == truth.right_factor.cols() &&
                    truth.left.rows() == model.rows() && truth.right.rows() == model.cols() &&
                    (truth.basis.size() == 0 || truth.basis.cols() == model.rows() * model.cols());
  if (!fits) throw py::value_error("truth: expected one of the model's shape");
}

py::array_t<double> numbers(const std::vector<double>& from) {
  py::array_t<double> out = new_array({static_cast<Index>(from.size())});
  std::copy(from.begin(), from.end(), out.mutable_data());
  return out;
}
std::vector<double> numbers(const InputArray& from, const char* name) {
  const double* const data = read(from, name, {-1});
  return {data, data + from.size()};
}

RunState make_state(Index iteration, const InputArray& theta, const InputArray& memory,
                    Index last_kick, double anchor_loss, const InputArray& anchor,
                    const InputArray& before, Index perturbations, bool perturbed,
                    const InputArray& recorded) {
  return {iteration,   numbers(theta, "theta"),      numbers(memory, "memory"), last_kick,
          anchor_loss, numbers(anchor, "anchor"),    numbers(before, "before"), perturbations,
          perturbed,   numbers(recorded, "recorded")};
}

// All that one run is made of. Python keeps the operator, the model and the loss alive.
struct RunSpec {
  const Operator& op;
  InputArray y;
  std::optional<Original> original;
  const Parameterization& model;
  Algorithm algorithm;
  InputArray init;
  std::optional<RunState> state;
  std::optional<Truth> truth;
  std::vector<std::string> record;
  Index record_every, n_singular_values;
  py::object callback;  // of (iteration, loss, gradient norm, theta), or None
  const Loss* loss;     // null: squared
};

RunSpec make_spec(const Operator& op, const InputArray& y, const std::optional<Original>& original,
                  const Parameterization& model, const Algorithm& algorithm, const InputArray& init,
                  const std::optional<RunState>& state, const std::optional<Truth>& truth,
                  const std::vector<std::string>& record, Index record_every,
                  Index n_singular_values, const py::object& callback, const Loss* loss) {
  read(y, "y", {op.measurements()});
  read(init, "init", {model.size()});
  if (truth) require_fit(*truth, model);
  if (original && loss != nullptr)
    throw InvalidArgument("loss", "the squared loss where a Gram takes the place of A",
                          loss->name());
  return {op,    y,     original, model,        algorithm,         init,
          state, truth, record,   record_every, n_singular_values, callback,
          loss};
}

// How a run ended.
struct RunResult {
  py::array_t<double> parameters;
  Outcome outcome;
  py::dict history;
};

// A run, and everything that has to live as long as it does.
class PythonRun {
 public:
  PythonRun(const RunSpec& spec, const py::object& progress)
      : spec_(spec),
        objective_(make_objective(spec)),
        recorder_(spec.record, spec.record_every, spec.n_singular_values, spec.model,
                  spec.truth.has_value(), spec.truth ? spec.truth->basis.rows() : 0),
        iterates_(new Iterates(spec.model.size())),
        owner_(iterates_, [](void* p) { delete static_cast<Iterates*>(p); }),
        observer_(spec.callback, progress, owner_),
        watched_(!spec.callback.is_none() || !progress.is_none()) {
    std::copy_n(spec.init.data(), spec.model.size(), iterates_->current.data());
  }
  PythonRun(const PythonRun&) = delete;
  PythonRun& operator=(const PythonRun&) = delete;

  RunInputs inputs() {
    return {objective_,
            spec_.algorithm,
            *iterates_,
            spec_.truth ? &*spec_.truth : nullptr,
            recorder_,
            watched_ ? &observer_ : nullptr,
            spec_.state ? &*spec_.state : nullptr};
  }

  RunResult result(const Outcome& outcome) const {
    py::dict history;
    history["iteration"] = py::array_t<std::int64_t>(
        static_cast<Index>(recorder_.iterations().size()),
        reinterpret_cast<const std::int64_t*>(recorder_.iterations().data()));
    for (const Column& column : recorder_.columns())
      history[column.name.c_str()] = history_column(column);
    py::array_t<double> parameters = new_array({spec_.model.size()});
    std::copy_n(iterates_->current.data(), spec_.model.size(), parameters.mutable_data());
    return {parameters, outcome, history};
  }

 private:
  static Objective make_objective(const RunSpec& spec) {
    if (!spec.original) return {spec.op, spec.model, spec.y.data(), spec.loss};
    return {spec.op, spec.model, spec.y.data(), *spec.original};
  }

  const RunSpec& spec_;
  Objective objective_;
  Recorder recorder_;
  Iterates* iterates_;
  py::capsule owner_;
  PythonObserver observer_;
  bool watched_;
};

// (results, was there a Ctrl-C)
std::pair<std::vector<RunResult>, bool> run(const std::vector<const RunSpec*>& specs,
                                            const py::object& progress,
                                            std::optional<int> n_threads) {
  std::deque<PythonRun> runs;
  std::vector<RunInputs> inputs;
  for (const RunSpec* spec : specs) {
    if (spec == nullptr) throw py::type_error("runs: expected RunSpecs, got None");
    // One bar for all: the first run drives it.
    runs.emplace_back(*spec, runs.empty() ? progress : py::none());
    inputs.push_back(runs.back().inputs());
  }
  SignalInterrupt interrupt;
  const Execution execution{thread_count(n_threads), &interrupt};
  const std::vector<Outcome> outcomes = [&] {
    const py::gil_scoped_release release;
    return descend(inputs, execution);
  }();
  std::vector<RunResult> results;
  for (std::size_t k = 0; k < runs.size(); ++k) results.push_back(runs[k].result(outcomes[k]));
  return {std::move(results), interrupt.absorb_keyboard_interrupt()};
}

// What each recordable quantity needs of the truth, by name.
py::dict quantities() {
  const auto text = [](Needs needs) {
    switch (needs) {
      case Needs::nothing: return "nothing";
      case Needs::truth: return "truth";
      case Needs::bases: return "bases";
      case Needs::functions: return "functions";
    }
    return "";
  };
  py::dict all;
  for (const QuantityKind& kind : recordable_quantities()) all[kind.name] = text(kind.needs);
  return all;
}

void register_runs(py::module_& m) {
  py::class_<Original>(m, "Original")
      .def(py::init([](Index measurements, double norm_y, double rest) {
             return Original{measurements, norm_y, rest};
           }),
           py::arg("measurements"), py::arg("norm_y"), py::arg("rest"));
  py::class_<Truth>(m, "Truth")
      .def(py::init(&make_truth), py::arg("theta").noconvert(), py::arg("left").noconvert(),
           py::arg("right").noconvert(), py::arg("functions").noconvert());
  py::class_<RunState>(m, "RunState")
      .def(py::init(&make_state), py::kw_only(), py::arg("iteration"), py::arg("theta").noconvert(),
           py::arg("memory").noconvert(), py::arg("last_kick"), py::arg("anchor_loss"),
           py::arg("anchor").noconvert(), py::arg("before").noconvert(), py::arg("perturbations"),
           py::arg("perturbed"), py::arg("recorded").noconvert())
      .def_readonly("iteration", &RunState::iteration)
      .def_property_readonly("theta", [](const RunState& s) { return numbers(s.theta); })
      .def_property_readonly("memory", [](const RunState& s) { return numbers(s.memory); })
      .def_readonly("last_kick", &RunState::last_kick)
      .def_readonly("anchor_loss", &RunState::anchor_loss)
      .def_property_readonly("anchor", [](const RunState& s) { return numbers(s.anchor); })
      .def_readonly("perturbations", &RunState::perturbations)
      .def_readonly("perturbed", &RunState::perturbed)
      .def_property_readonly("recorded", [](const RunState& s) { return numbers(s.recorded); })
      // x_{t-1} is then what is returned.
      .def_property_readonly("ahead", [](const RunState& s) { return !s.before.empty(); });
  py::class_<RunSpec>(m, "RunSpec")
      .def(py::init(&make_spec), py::kw_only(), py::arg("operator"), py::arg("y").noconvert(),
           py::arg("original"), py::arg("parameterization"), py::arg("algorithm"),
           py::arg("init").noconvert(), py::arg("state"), py::arg("truth"), py::arg("record"),
           py::arg("record_every"), py::arg("n_singular_values"), py::arg("callback"),
           py::arg("loss") = py::none(), py::keep_alive<1, 2>(), py::keep_alive<1, 5>(),
           py::keep_alive<1, 14>());
  const auto status = [](const RunResult& r) { return name(r.outcome.status); };
  py::class_<RunResult>(m, "RunResult")
      .def_readonly("parameters", &RunResult::parameters)
      .def_readonly("history", &RunResult::history)
      .def_property_readonly("status", status)
      .def_property_readonly("message", [](const RunResult& r) { return advice(r.outcome.status); })
      .def_property_readonly("success",
                             [](const RunResult& r) { return success(r.outcome.status); })
      .def_property_readonly("nit", [](const RunResult& r) { return r.outcome.iteration; })
      .def_property_readonly("fun", [](const RunResult& r) { return r.outcome.loss; })
      .def_property_readonly("gradient_norm",
                             [](const RunResult& r) { return r.outcome.gradient_norm; })
      .def_property_readonly("train_error",
                             [](const RunResult& r) { return r.outcome.relative_residual; })
      .def_property_readonly("perturbations",
                             [](const RunResult& r) { return r.outcome.perturbations; })
      .def_property_readonly("state", [](const RunResult& r) { return r.outcome.state; });
}

}  // namespace

void register_descent(py::module_& m) {
  m.def("recordable_quantities", &quantities);
  register_runs(m);
  m.def("descend", &run, py::arg("runs"), py::arg("progress"), py::arg("n_threads"));
}

}  // namespace ipgd::bindings
