#include <pybind11/stl.h>
#include "ipgd/base/buffer.hpp"

#include "array.hpp"
#include "ipgd/parameterizations/asymmetric_factor.hpp"
#include "ipgd/parameterizations/compressed_deep.hpp"
#include "ipgd/parameterizations/differential.hpp"
#include "ipgd/parameterizations/symmetric_factor.hpp"
#include "ipgd/parameterizations/symmetric_tensor.hpp"
#include "ipgd/parameterizations/weight_normalized.hpp"
#include "register.hpp"

namespace ipgd::bindings {
namespace {

py::array_t<double> assembled(const Parameterization& model, const InputArray& theta) {
  const double* x = read(theta, "theta", {model.size()});
  py::array_t<double> out = new_array({model.rows(), model.cols()});
  double* to = out.mutable_data();
  const py::gil_scoped_release release;
  Buffer<double> scratch(model.scratch_size());
  assemble(model.view(x, scratch.data(), {}), to);
  return out;
}

py::array_t<double> derivative(const Parameterization& model, const InputArray& theta,
                               const InputArray& direction) {
  const double* x = read(theta, "theta", {model.size()});
  const double* v = read(direction, "direction", {model.size()});
  py::array_t<double> out = new_array({model.rows(), model.cols()});
  double* to = out.mutable_data();
  const py::gil_scoped_release release;
  differential(model, x, v, to, {});
  return out;
}

std::vector<std::tuple<std::string, Index, Index>> blocks(const Parameterization& model) {
  std::vector<std::tuple<std::string, Index, Index>> out;
  for (const Block& block : model.blocks()) out.emplace_back(block.name, block.rows, block.cols);
  return out;
}

std::vector<double> units(const Parameterization& model) {
  std::vector<double> out;
  for (const Block& block : model.blocks()) out.push_back(block.unit);
  return out;
}

std::optional<std::string> own_quantity(const Parameterization& model) {
  const auto own = model.own_quantity();
  return own ? std::optional<std::string>(own->name) : std::nullopt;
}

py::array_t<double> lifted(const Parameterization& model, const InputArray& left,
                           const InputArray& values, const InputArray& right) {
  const Index n = values.shape(0);
  const Matrix P = ConstMatrixMap(read(left, "left", {model.rows(), n}), model.rows(), n);
  const Matrix Q = ConstMatrixMap(read(right, "right", {model.cols(), n}), model.cols(), n);
  const Vector sizes = ConstVectorMap(read(values, "values", {n}), n);
  py::array_t<double> out = new_array({model.size()});
  model.lift(P, sizes, Q, out.mutable_data());
  return out;
}

}  // namespace

void register_parameterizations(py::module_& m) {
  py::class_<Parameterization>(m, "Parameterization")
      .def_property_readonly("name", &Parameterization::name)
      .def_property_readonly("rows", &Parameterization::rows)
      .def_property_readonly("cols", &Parameterization::cols)
      .def_property_readonly("size", &Parameterization::size)
      .def_property_readonly("view_rank", &Parameterization::view_rank)
      .def_property_readonly("symmetric", &Parameterization::symmetric)
      .def_property_readonly("degree", &Parameterization::degree)
      .def_property_readonly("stiffness", &Parameterization::stiffness)
      .def_property_readonly("start_size", &Parameterization::start_size)
      .def_property_readonly("entrywise", &Parameterization::entrywise)
      .def_property_readonly("own_quantity", &own_quantity)
      .def("blocks", &blocks)
      .def_property_readonly("units", &units)
      .def(
          "admit",
          [](const Parameterization& model, const InputArray& theta) {
            model.admit(read(theta, "theta", {model.size()}));
          },
          py::arg("theta").noconvert())
      .def("lift", &lifted, py::arg("left").noconvert(), py::arg("values").noconvert(),
           py::arg("right").noconvert())
      .def("check", &Parameterization::check, py::arg("operator"))
      .def("assemble", &assembled, py::arg("theta").noconvert())
      .def("differential", &derivative, py::arg("theta").noconvert(),
           py::arg("direction").noconvert());
  py::class_<SymmetricFactor, Parameterization>(m, "SymmetricFactor")
      .def(py::init<Index, Index>(), py::arg("dimension"), py::arg("search_rank"));
  py::class_<AsymmetricFactor, Parameterization>(m, "AsymmetricFactor")
      .def(py::init<Index, Index, Index>(), py::arg("rows"), py::arg("cols"),
           py::arg("search_rank"));
  py::class_<DeepFactor, Parameterization>(m, "DeepFactor")
      .def(py::init<std::vector<Index>>(), py::arg("sizes"));
  py::class_<CompressedDeep, Parameterization>(m, "CompressedDeep")
      .def(py::init<Index, Index, Index, Index, double, double>(), py::arg("rows"), py::arg("cols"),
           py::arg("depth"), py::arg("rank"), py::arg("gamma"), py::arg("magnitude"));
  py::class_<HadamardPower, Parameterization>(m, "HadamardPower")
      .def(py::init<Index, Index>(), py::arg("dimension"), py::arg("power"));
  py::class_<HadamardProduct, Parameterization>(m, "HadamardProduct")
      .def(py::init<Index>(), py::arg("dimension"));
  py::class_<SymmetricTensor, Parameterization>(m, "SymmetricTensor")
      .def(py::init<Index, Index, Index>(), py::arg("dimension"), py::arg("order"),
           py::arg("search_rank"));
  py::class_<WeightNormalized, Parameterization>(m, "WeightNormalized")
      .def(py::init<Index, Index, double>(), py::arg("dimension"), py::arg("power"),
           py::arg("step_ratio"));
}

}  // namespace ipgd::bindings
