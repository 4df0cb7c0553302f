"""What pyproject.toml cannot say: the packages found in eda/, and the data folders beside it that are shipped in it."""

from setuptools import find_packages, setup

DATA = {"eda.data.pdk": "pdk", "eda.data.flows": "flows"}

setup(
    packages=[*find_packages(include=["eda", "eda.*"]), *DATA],
    package_dir=DATA,
    package_data={name: ["*.toml"] for name in DATA},
)
