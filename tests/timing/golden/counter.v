// A counter of three bits with reset, and a register behind an inverted clock.
module counter (clk, rst_n, q, half);
  input clk, rst_n;
  output [2:0] q;
  output half;
  wire d0, d1, d2, c1, nclk;
  INV_X1 i0 (.A(q[0]), .Y(d0));
  HA_X1 h1 (.A(q[1]), .B(q[0]), .S(d1), .CO(c1));
  XOR2_X1 x2 (.A(q[2]), .B(c1), .Y(d2));
  DFFR_X1 r0 (.CK(clk), .D(d0), .RN(rst_n), .Q(q[0]));
  DFFR_X1 r1 (.CK(clk), .D(d1), .RN(rst_n), .Q(q[1]));
  DFFR_X1 r2 (.CK(clk), .D(d2), .RN(rst_n), .Q(q[2]));
  INV_X2 phase (.A(clk), .Y(nclk));
  DFF_X1 late (.CK(nclk), .D(q[2]), .Q(half));
endmodule
