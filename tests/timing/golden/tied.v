// Constants: tie cells, constants that pass through logic, a multiplexer and an exclusive or that they make unate.
module tied (a, b, x, y, z, w);
  input a, b;
  output x, y, z, w;
  wire one, zero, also_zero, na;
  TIE1_X1 high (.Y(one));
  TIE0_X1 low (.Y(zero));
  NAND2_X1 fixed (.A(one), .B(1'b1), .Y(also_zero));
  INV_X1 inv (.A(a), .Y(na));
  MUX2_X1 choose (.A(na), .B(b), .S(also_zero), .Y(x));
  XOR2_X1 flip (.A(na), .B(one), .Y(y));
  FA_X1 add (.A(a), .B(b), .CI(zero), .S(z), .CO(w));
endmodule
